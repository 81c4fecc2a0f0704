// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace orderscope {

struct Interval {
  double low = 0, high = 0;
};

/// Wilson's score interval of a proportion (Wilson 1927), 95 %. {0, 1} of no trials.
Interval wilson_interval(std::int64_t hits, std::int64_t trials);

}  // namespace orderscope
