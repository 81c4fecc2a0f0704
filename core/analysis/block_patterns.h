// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "core/models/model.h"

namespace orderscope {

/// The blocks that match, in the order of the network: by name (see glob_match), by stage (`stages.2`), or counted from
/// 1
/// (`s3b2`). Errors: InvalidInput if one of the patterns matches nothing; offers the nearest names.
Result<std::vector<BlockInfo>> find_blocks(const Model& model, const std::string& pattern);

/// Those of them with a gnConv. Errors: also InvalidInput for a model without any.
Result<std::vector<BlockInfo>> find_gnconv_blocks(const Model& model, const std::string& pattern);

/// A pattern for taps inside these blocks: "*.gnconv.value,*.gnconv.gate.*" where they are all the model has.
std::string taps_of_blocks(const Model& model, const std::vector<BlockInfo>& blocks,
                           std::initializer_list<std::string> inside);

}  // namespace orderscope
