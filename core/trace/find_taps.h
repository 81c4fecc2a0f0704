// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

class Backbone;

/// The taps that match a pattern (see glob_match), in the order of the network.
/// Errors: InvalidInput if none does; offers the nearest names.
Result<std::vector<std::string>> find_taps(const Backbone& backbone, const std::string& pattern);

/// The tap of exactly this name. Errors: as find_taps.
Result<std::string> find_tap(const Backbone& backbone, const std::string& name);

/// The names most like `wanted` (least edit distance), at most `count`.
std::vector<std::string> nearest_names(const std::vector<std::string>& names, const std::string& wanted,
                                       std::size_t count = 3);

}  // namespace orderscope
