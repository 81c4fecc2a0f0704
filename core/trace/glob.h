// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace orderscope {

/// Whether `text` matches `pattern`: `*` stands for any characters, dots included, `?` for one.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace orderscope
