// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

class Backbone;

/// The taps that match (see glob_match), in the order of the network. Names of PyTorch modules that are no taps give
/// the tap that their output passes: `stages.2.1.gnconv` its proj_out, `stages.2` its last block, `layers.2` its
/// downsampling. Stages and blocks may also be counted from 1: `s3b2`, `s3b2.out`, `s3b2.gnconv`.
/// Errors: InvalidInput if one of the patterns matches nothing; offers the nearest names.
Result<std::vector<std::string>> find_taps(const Backbone& backbone, const std::string& pattern);

/// The tap of exactly this name. Errors: as find_taps.
Result<std::string> find_tap(const Backbone& backbone, const std::string& name);

/// A pattern of exactly these names.
std::string joined(const std::vector<std::string>& names);

/// The names most like `wanted` (least edit distance), at most `count`.
std::vector<std::string> nearest_names(const std::vector<std::string>& names, const std::string& wanted,
                                       std::size_t count = 3);

}  // namespace orderscope
