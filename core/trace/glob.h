// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace orderscope {

/// Whether `text` matches one of the comma-separated patterns: `*` stands for any characters, dots included, `?` for
/// one.
bool glob_match(std::string_view patterns, std::string_view text);

}  // namespace orderscope
