// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/map_files.h"

#include <numeric>

#include "core/run/map_file.h"

namespace orderscope::cli {

Result<nlohmann::json> write_map(const Map& map, const std::filesystem::path& folder, const std::string& name) {
  const std::string file = name + ".npy";
  TRY_VOID(write_map_file(folder / file, map));
  const Range range = range_of(map);
  return nlohmann::json{{"file", file},
                        {"layer", map.provenance.layer},
                        {"shape", {map.height, map.width}},
                        {"range", {range.low, range.high}},
                        {"sum", std::accumulate(map.values.begin(), map.values.end(), 0.0)},
                        {"unit", map.unit},
                        {"signed", map.is_signed}};
}

}  // namespace orderscope::cli
