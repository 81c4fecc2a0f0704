// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/analysis/map.h"
#include "core/base/result.h"

namespace orderscope::cli {

/// Writes the raw values as FOLDER/NAME.npy [h, w]; gives what the JSON says of it: file, layer, shape, range, unit,
/// sum.
Result<nlohmann::json> write_map(const Map& map, const std::filesystem::path& folder, const std::string& name);

}  // namespace orderscope::cli
