// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

struct _XDisplay;

namespace orderscope::test {

/// Drops files onto whatever is at this place of the screen, as a file manager does (XDND 5). False if it is not taken.
bool drop_files(_XDisplay* display, int x, int y, const std::vector<std::filesystem::path>& files);

}  // namespace orderscope::test
