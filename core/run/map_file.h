// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "core/analysis/map.h"
#include "core/base/result.h"

namespace orderscope {

/// The raw values as a float32 .npy array [height, width]. No LibTorch in this header. Errors: FileAccess.
Result<void> write_map_file(const std::filesystem::path& path, const Map& map);

}  // namespace orderscope
