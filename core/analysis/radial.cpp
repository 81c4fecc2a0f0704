// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/radial.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace orderscope {

RadialProfile radial_profile(const Map& map, double y, double x) {
  std::vector<std::pair<double, double>> pixels;  // radius, value
  pixels.reserve(map.values.size());
  double total = 0;
  for (int row = 0; row < map.height; ++row)
    for (int column = 0; column < map.width; ++column) {
      const double value = map.at(row, column);
      pixels.emplace_back(std::hypot(row - y, column - x), value);
      total += value;
    }
  std::sort(pixels.begin(), pixels.end());

  RadialProfile profile;
  profile.mean = {"mean", "radius, px", "gradient", {}, {}};
  profile.mass = {"mass", "radius, px", "share of the sum", {}, {}};
  profile.half_mass_radius = std::numeric_limits<double>::quiet_NaN();
  double mass = 0, sum = 0;
  std::size_t inside = 0;
  const auto close = [&](double radius) {
    // No pixel centre may lie at this distance from a point between pixels.
    if (inside > 0) {
      profile.mean.x.push_back(radius);
      profile.mean.y.push_back(sum / static_cast<double>(inside));
    }
    sum = 0, inside = 0;
  };
  std::int64_t ring = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const auto& [radius, value] = pixels[i];
    while (std::floor(radius + 0.5) > static_cast<double>(ring)) {
      close(static_cast<double>(ring));
      profile.mass.x.push_back(static_cast<double>(ring) + 0.5);
      profile.mass.y.push_back(mass / total);
      ++ring;
    }
    mass += value, sum += value, ++inside;
    // Pixels at the same distance belong together.
    const bool last = i + 1 == pixels.size() || pixels[i + 1].first > radius;
    if (last && total > 0 && std::isnan(profile.half_mass_radius) && mass >= 0.5 * total)
      profile.half_mass_radius = radius;
  }
  close(static_cast<double>(ring));
  profile.mass.x.push_back(static_cast<double>(ring) + 0.5);
  profile.mass.y.push_back(mass / total);
  return profile;
}

double mass_within(const RadialProfile& profile, double radius) {
  const auto& x = profile.mass.x;
  const auto& y = profile.mass.y;
  if (x.empty() || radius <= 0) return 0;
  const auto after = std::upper_bound(x.begin(), x.end(), radius) - x.begin();
  if (after == static_cast<std::ptrdiff_t>(x.size())) return y.back();
  const double x0 = after == 0 ? 0 : x[after - 1], y0 = after == 0 ? 0 : y[after - 1];
  return y0 + (y[after] - y0) * (radius - x0) / (x[after] - x0);
}

}  // namespace orderscope
