// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace orderscope {

/// Linear warm-up from 0, then half a cosine from `peak` down to `floor`. Steps count from 0; the first step of the
/// warm-up already learns (peak / warmup_steps), the last step of all runs at nearly `floor`.
struct CosineSchedule {
  double peak = 0;
  double floor = 0;
  std::int64_t warmup_steps = 0;
  std::int64_t total_steps = 1;

  double at(std::int64_t step) const;
};

/// Decay of the weights' moving average at a step: averages over what there is in the first steps.
double ema_decay_at(std::int64_t step, double decay);

}  // namespace orderscope
