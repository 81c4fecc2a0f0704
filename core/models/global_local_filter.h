// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "core/checkpoint/architecture.h"
#include "core/models/dft_filter.h"
#include "core/models/layers.h"

namespace orderscope {

/// HorNet's GlobalLocalFilter: after a LayerNorm the first half of the channels passes a 3x3 depthwise convolution
/// (local), the second half is multiplied by a learned filter in the frequency domain (global, as GFNet); the halves
/// are interleaved (even channels local, odd ones global) and normalised again. Reference: raoyongming/HorNet,
/// hornet.py.
class GlobalLocalFilter : public torch::nn::Module {
 public:
  GlobalLocalFilter(int64_t channels, FilterSize stored);

  /// [N, H, W, C] to the same shape, times `scale`. The filter is interpolated where its stored size is not H x
  /// (W/2+1).
  at::Tensor forward_scaled(const at::Tensor& x, double scale) const;
  int64_t macs(int64_t pixels) const { return dw_->macs(pixels); }

  /// The filter for maps of this size: complex [C / 2, height, width / 2 + 1].
  at::Tensor filter(int64_t height, int64_t width) const;
  /// The same from a stored weight [C / 2, h, w, 2].
  static at::Tensor interpolated(const at::Tensor& stored, int64_t height, int64_t width);

 private:
  /// The second half of the channels [N, H, W, C / 2] through the filter.
  at::Tensor filtered(const at::Tensor& x) const;

  at::Tensor complex_weight_;  ///< [C / 2, h, w, 2]: real and imaginary part
  std::shared_ptr<DepthwiseConv> dw_;
  std::shared_ptr<LayerNorm> pre_norm_, post_norm_;

  mutable std::mutex cache_mutex_;
  mutable std::map<std::pair<int64_t, int64_t>, at::Tensor> cache_;  ///< interpolated filters of frozen weights
  mutable std::map<std::pair<int64_t, int64_t>, std::shared_ptr<const DftFilter>> dft_cache_;
};

}  // namespace orderscope
