// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/map.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace orderscope {

std::map<std::string, std::string> Provenance::fields() const {
  std::map<std::string, std::string> fields{{"program", program},
                                            {"model_sha256", model_sha256},
                                            {"architecture", architecture},
                                            {"layer", layer},
                                            {"method", method},
                                            {"image_sha256", image_sha256},
                                            {"device", device},
                                            {"dtype", dtype},
                                            {"preprocessing", preprocessing}};
  for (const auto& [name, value] : parameters) fields["parameter." + name] = value;
  return fields;
}

Range range_of(const Map& map) {
  Range range{std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()};
  for (const float value : map.values) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  return range.low <= range.high ? range : Range{};
}

std::vector<std::string> warnings_about(const Map& map) {
  std::vector<std::string> warnings;
  const std::string where = map.provenance.layer.empty() ? "the map" : "the map at " + map.provenance.layer;
  const auto odd = std::count_if(map.values.begin(), map.values.end(), [](float v) { return !std::isfinite(v); });
  if (odd > 0) {
    warnings.push_back(where + " holds NaN or Inf at " + std::to_string(odd) + " of " +
                       std::to_string(map.values.size()) + " places");
  }
  if (odd == static_cast<std::ptrdiff_t>(map.values.size())) return warnings;
  const Range range = range_of(map);
  if (map.values.size() == 1) {
    warnings.push_back(where + " is a single cell: it says nothing about places");
  } else if (range.low == 0 && range.high == 0) {
    warnings.push_back(where + " is zero everywhere");
  } else if (range.low == range.high) {
    warnings.push_back(where + " is uniform: nothing to see at this layer");
  }
  return warnings;
}

}  // namespace orderscope
