// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace orderscope {

/// The shares of RepLKNet's analysis.
inline constexpr std::array kErfThresholds{0.2, 0.3, 0.5, 0.99};

/// The smallest centred square that holds more than a share of a map's sum.
struct AreaRatio {
  std::int64_t side = 0;  ///< 2 i + 1 pixels
  double ratio = 0;       ///< its area by that of the map
};

/// An area ratio with its interval. Without a value the share is not reached by any square that is tried, and so for
/// the ends of the interval.
struct AreaMeasure {
  double threshold = 0;
  std::optional<AreaRatio> value;
  bool has_interval = false;
  std::optional<double> low, high;  ///< 2.5 % and 97.5 % quantile of the bootstrap
};

}  // namespace orderscope
