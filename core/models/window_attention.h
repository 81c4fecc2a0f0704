// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "core/checkpoint/architecture.h"
#include "core/models/layers.h"
#include "core/models/taps.h"
#include "core/models/window_order.h"

namespace orderscope {

/// Multi-head self-attention in shifted windows with relative position bias (Swin, section 3.2).
class WindowAttention : public torch::nn::Module {
 public:
  /// `shift`: 0 or window / 2.
  WindowAttention(int64_t dim, int64_t heads, int64_t window, int64_t shift, bool qkv_bias);

  /// [N, H, W, dim] to the same shape. Sides that are no multiples of the window are padded with zeros at the right and
  /// at the bottom; the padding takes part.
  at::Tensor forward(const at::Tensor& x, const TapScope& taps) const;
  int64_t macs(int64_t pixels) const;

  /// How far the windows of a stage's block number `index` are shifted: every other block by half a window; none where
  /// one window covers a classifier's map.
  static int64_t shift_of(const Architecture& architecture, int stage, int64_t index);
  /// Entry [a, b] is the row of the bias table for query a and key b: (dy + w-1) * (2w-1) + dx + w-1, flattened.
  static at::Tensor relative_position_index(int64_t window);
  /// -100 between tokens of a window that come from different regions of the map, else 0: [windows, w^2, w^2].
  /// `height` and `width` are multiples of the window.
  static at::Tensor shift_mask(int64_t height, int64_t width, int64_t window, int64_t shift);

 private:
  at::Tensor index_on(const at::Device& device) const;
  struct Windows {
    WindowOrder order;
    at::Tensor mask;  ///< see shift_mask; undefined without a shift
  };
  Windows windows_of(int64_t height, int64_t width, const at::Device& device) const;

  int64_t heads_, window_, shift_;
  at::Tensor relative_position_bias_table_;  ///< [(2w-1)^2, heads]
  std::shared_ptr<Linear> qkv_, proj_;

  // Kept on the device where they were needed last: copying them there would hold up every pass.
  mutable std::mutex constants_mutex_;
  mutable at::Tensor index_;
  mutable std::map<std::pair<int64_t, int64_t>, Windows> windows_;  ///< by the padded size of the map
};

}  // namespace orderscope
