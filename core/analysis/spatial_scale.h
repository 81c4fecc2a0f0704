// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace orderscope {

/// On what scale an activation varies over space. Lengths in pixels of the map, frequencies in cycles a pixel. Channel
/// means are taken out first: what is constant has no scale.
struct SpatialScale {
  /// Share of the variance at radial frequency i / (2 (bins - 1)), the last bin holding all from 1/2 on.
  std::vector<double> spectrum;
  double mean_frequency = 0;  ///< of the spectrum's energy; NaN where nothing varies
  /// Distance at which the autocorrelation, averaged over channels (weighted by their variance) and directions, falls
  /// to 1/e; infinity if it does not within half the map, NaN where nothing varies.
  double autocorrelation_length = 0;
};

/// Of an activation [C, h, w].
SpatialScale spatial_scale(const at::Tensor& x);

/// How evenly energy is spread over the pixels of [C, h, w]: entropy of the pixels' shares divided by log(h w); 1 is
/// even, 0 a single pixel, NaN without energy.
double spatial_entropy(const at::Tensor& x);

}  // namespace orderscope
