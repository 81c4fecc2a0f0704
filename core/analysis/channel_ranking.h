// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/base/result.h"

namespace orderscope {

/// A channel of an activation in figures.
struct ChannelFigures {
  int channel = 0;
  double energy = 0;  ///< mean square over space
  double share = 0;   ///< of the sum over channels
  double mean = 0, low = 0, high = 0;
};

/// The channels of image `n` of an activation at any tap with channels and space ([N, C, h, w] or tokens [N, L, C]),
/// the one with most energy first. Errors: InvalidInput for another shape.
Result<std::vector<ChannelFigures>> channels_by_energy(const at::Tensor& activation, std::int64_t n = 0);

}  // namespace orderscope
