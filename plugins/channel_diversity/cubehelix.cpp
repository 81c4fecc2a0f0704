// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <numbers>

#include "channel_diversity.h"

namespace channel_diversity {

orderscope::ColorTable cubehelix() {
  constexpr double start = 0.5, rotations = -1.5, hue = 1;
  const auto byte = [](double value) {
    return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
  };
  orderscope::ColorTable table;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double light = static_cast<double>(i) / 255;
    const double angle = 2 * std::numbers::pi * (start / 3 + 1 + rotations * light);
    const double amplitude = hue * light * (1 - light) / 2;
    const double x = amplitude * std::cos(angle), y = amplitude * std::sin(angle);
    // Equation 2: the plane of equal brightness.
    table[i] = {byte(light - 0.14861 * x + 1.78277 * y), byte(light - 0.29227 * x - 0.90649 * y),
                byte(light + 1.97294 * x)};
  }
  return table;
}

}  // namespace channel_diversity
