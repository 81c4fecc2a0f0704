// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "core/models/model.h"

namespace orderscope {

/// Fills in blocks and mixers of a model whose architecture and backbone are there. Errors: InvalidInput if a plugin's
/// description of its family does not fit the network that it made.
Result<void> describe_blocks(Model& model);

/// The tap at which class activation maps are usually taken: the output of the last block, in a Swin the final norm.
std::string usual_cam_layer(const Model& model);

}  // namespace orderscope
