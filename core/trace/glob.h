// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orderscope {

/// Whether `text` matches one of the comma-separated patterns: `*` stands for any characters, dots included, `?` for
/// one.
bool glob_match(std::string_view patterns, std::string_view text);

/// "a,b.*" as {"a", "b.*"}; empty ones are left out unless there is no other.
std::vector<std::string> split_patterns(std::string_view patterns);

}  // namespace orderscope
