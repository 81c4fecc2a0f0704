// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/global_local_filter.h"

#include <ATen/ATen.h>

namespace orderscope {

GlobalLocalFilter::GlobalLocalFilter(int64_t channels, FilterSize stored) {
  dw_ = register_module("dw", std::make_shared<DepthwiseConv>(channels / 2, 3, false));
  complex_weight_ = register_parameter("complex_weight", at::empty({channels / 2, stored.h, stored.w, 2}));
  pre_norm_ = register_module("pre_norm", std::make_shared<LayerNorm>(channels, 1e-6));
  post_norm_ = register_module("post_norm", std::make_shared<LayerNorm>(channels, 1e-6));
}

at::Tensor GlobalLocalFilter::interpolated(const at::Tensor& stored, int64_t height, int64_t width) {
  at::Tensor weight = widened(stored);
  const int64_t columns = width / 2 + 1;
  if (weight.size(1) != height || weight.size(2) != columns) {
    // Real and imaginary part are interpolated as two images, corners aligned, as the official code does.
    weight = at::upsample_bilinear2d(weight.permute({3, 0, 1, 2}), {height, columns}, /*align_corners=*/true)
                 .permute({1, 2, 3, 0});
  }
  return at::view_as_complex(weight.contiguous());
}

at::Tensor GlobalLocalFilter::filter(int64_t height, int64_t width) const {
  if (complex_weight_.requires_grad()) return interpolated(complex_weight_, height, width);
  const std::lock_guard lock(cache_mutex_);
  // Photos of many sizes must not pile their filters up.
  if (cache_.size() > 4) cache_.clear();
  at::Tensor& cached = cache_[{height, width}];
  if (!cached.defined() || cached.device() != complex_weight_.device())
    cached = interpolated(complex_weight_, height, width);
  return cached;
}

at::Tensor GlobalLocalFilter::filtered(const at::Tensor& x) const {
  const int64_t height = x.size(1), width = x.size(2);
  if (x.is_cpu() && !complex_weight_.requires_grad() && DftFilter::pays(height, width)) {
    const at::Tensor weight = filter(height, width);
    std::shared_ptr<const DftFilter> dft;
    {
      const std::lock_guard lock(cache_mutex_);
      if (dft_cache_.size() > 4) dft_cache_.clear();
      auto& cached = dft_cache_[{height, width}];
      if (!cached) cached = std::make_shared<DftFilter>(weight, width);
      dft = cached;
    }
    return dft->apply(x);
  }
  // The transforms run along the last two dimensions, where FFT libraries are at home.
  const at::Tensor spectrum = at::fft_rfft2(x.permute({0, 3, 1, 2}).contiguous(), std::nullopt, {-2, -1}, "ortho");
  const std::array<int64_t, 2> size{height, width};  // an odd width cannot be told from the spectrum alone
  return at::fft_irfft2(spectrum * filter(height, width), size, {-2, -1}, "ortho").permute({0, 2, 3, 1});
}

at::Tensor GlobalLocalFilter::forward_scaled(const at::Tensor& x, double scale) const {
  const int64_t half = x.size(3) / 2;
  const at::Tensor normed = pre_norm_->forward(x);
  const at::Tensor local = dw_->forward(normed.slice(3, 0, half));
  const at::Tensor global = filtered(widened(normed.slice(3, half)));
  const at::Tensor interleaved = at::stack({local, global.to(local.scalar_type())}, -1).flatten(3);
  return post_norm_->forward_scaled(interleaved, scale);
}

}  // namespace orderscope
