// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/map_agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace orderscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Bilinear at fractional cell coordinates, edges held; as upsample() interpolates.
float value_at(const Map& map, double row, double column) {
  const double y = std::clamp(row - 0.5, 0.0, map.height - 1.0), x = std::clamp(column - 0.5, 0.0, map.width - 1.0);
  const int y0 = static_cast<int>(y), x0 = static_cast<int>(x);
  const int y1 = std::min(y0 + 1, map.height - 1), x1 = std::min(x0 + 1, map.width - 1);
  const double v = y - y0, u = x - x0;
  const double upper = map.at(y0, x0) + (static_cast<double>(map.at(y0, x1)) - map.at(y0, x0)) * u;
  const double lower = map.at(y1, x0) + (static_cast<double>(map.at(y1, x1)) - map.at(y1, x0)) * u;
  return static_cast<float>(upper + (lower - upper) * v);
}

double root_mean_square(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

double pearson(const std::vector<float>& a, const std::vector<float>& b) {
  const auto n = static_cast<double>(a.size());
  double mean_a = 0, mean_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) mean_a += a[i] / n, mean_b += b[i] / n;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - mean_a, y = b[i] - mean_b;
    ab += x * y, aa += x * x, bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : kNone;
}

}  // namespace

Map resampled(const PlacedMap& placed, const Frame& frame, int height, int width) {
  const Map& map = *placed.map;
  Map result;
  result.height = height;
  result.width = width;
  result.is_signed = map.is_signed;
  result.unit = map.unit;
  result.provenance = map.provenance;
  result.values.reserve(static_cast<std::size_t>(height) * width);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const Point photo = frame.cell_centre({y, x}, height, width);
      const Point at = placed.frame.to_fraction(photo);
      result.values.push_back(placed.frame.contains(photo) ? value_at(map, at.y * map.height, at.x * map.width)
                                                           : std::numeric_limits<float>::quiet_NaN());
    }
  return result;
}

Result<MapAgreement> map_agreement(const std::vector<PlacedMap>& maps, int cells) {
  if (maps.size() < 2) return fail(Error::Kind::InvalidInput, "it takes two maps to differ");
  MapAgreement agreement;
  agreement.frame = maps.front().frame;
  bool is_signed = false;
  for (const PlacedMap& placed : maps) {
    if (placed.map == nullptr || placed.map->empty())
      return fail(Error::Kind::InvalidInput, "one of the maps is empty");
    agreement.frame = agreement.frame.intersected(placed.frame);
    is_signed = is_signed || placed.map->is_signed;
  }
  const Frame& frame = agreement.frame;
  if (frame.empty()) return fail(Error::Kind::InvalidInput, "the models see no common part of the photo");
  const double longer = std::max(frame.width(), frame.height());
  const int width = std::max(1, static_cast<int>(std::lround(cells * frame.width() / longer)));
  const int height = std::max(1, static_cast<int>(std::lround(cells * frame.height() / longer)));
  std::vector<Map> common;
  for (const PlacedMap& placed : maps) {
    common.push_back(resampled(placed, frame, height, width));
    const double scale = root_mean_square(common.back().values);
    if (scale > 0 && std::isfinite(scale))
      for (float& value : common.back().values) value = static_cast<float>(value / scale);
  }
  for (std::size_t i = 0; i < common.size(); ++i)
    for (std::size_t j = i + 1; j < common.size(); ++j)
      agreement.correlation.push_back(pearson(common[i].values, common[j].values));

  Map& difference = agreement.difference;
  difference = common.front();
  difference.is_signed = common.size() == 2;
  difference.unit = "RMS";
  for (std::size_t i = 0; i < difference.values.size(); ++i) {
    if (common.size() == 2) {
      difference.values[i] = common[0].values[i] - common[1].values[i];
      continue;
    }
    double mean = 0, squares = 0;
    for (const Map& map : common) mean += map.values[i] / static_cast<double>(common.size());
    for (const Map& map : common) squares += std::pow(map.values[i] - mean, 2);
    difference.values[i] = static_cast<float>(std::sqrt(squares / static_cast<double>(common.size())));
  }
  return agreement;
}

}  // namespace orderscope
