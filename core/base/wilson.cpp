// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/wilson.h"

#include <algorithm>
#include <cmath>

namespace orderscope {

Interval wilson_interval(std::int64_t hits, std::int64_t trials) {
  if (trials <= 0) return {0, 1};
  const double z = 1.959963984540054, n = static_cast<double>(trials), p = static_cast<double>(hits) / n;
  const double scale = 1 + z * z / n;
  const double middle = (p + z * z / (2 * n)) / scale;
  const double half = z / scale * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

}  // namespace orderscope
