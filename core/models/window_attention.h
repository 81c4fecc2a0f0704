// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "core/models/layers.h"
#include "core/models/taps.h"

namespace orderscope {

/// Multi-head self-attention in shifted windows with relative position bias (Swin, section 3.2).
class WindowAttention : public torch::nn::Module {
 public:
  /// For maps of side `resolution`, a multiple of `window`. `shift`: 0 or window / 2.
  WindowAttention(int64_t dim, int64_t heads, int64_t window, int64_t shift, int64_t resolution, bool qkv_bias);

  at::Tensor forward(const at::Tensor& x, const TapScope& taps) const;  ///< [N, H, W, dim] to the same shape
  int64_t macs(int64_t pixels) const;

  /// How far the windows of a stage's block number `index` are shifted: every other block by half a window, none where
  /// one window covers the map.
  static int64_t shift_of(int64_t index, int64_t window, int64_t resolution) {
    return index % 2 == 1 && window < resolution ? window / 2 : 0;
  }
  /// Entry [a, b] is the row of the bias table for query a and key b: (dy + w-1) * (2w-1) + dx + w-1, flattened.
  static at::Tensor relative_position_index(int64_t window);
  /// -100 between tokens of a window that come from different regions of the map, else 0: [windows, w^2, w^2].
  static at::Tensor shift_mask(int64_t resolution, int64_t window, int64_t shift);

 private:
  int64_t heads_, window_, shift_;
  at::Tensor relative_position_bias_table_;  ///< [(2w-1)^2, heads]
  at::Tensor index_, mask_;
  std::shared_ptr<Linear> qkv_, proj_;
};

}  // namespace orderscope
