// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/map.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace orderscope {

std::map<std::string, std::string> Provenance::fields() const {
  std::map<std::string, std::string> fields{
      {"program", program}, {"model_sha256", model_sha256}, {"architecture", architecture},
      {"layer", layer},     {"method", method},             {"image_sha256", image_sha256},
      {"device", device},   {"dtype", dtype},               {"preprocessing", preprocessing}};
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

}  // namespace orderscope
