// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/window_attention.h"

#include <ATen/ATen.h>

#include <cmath>

namespace orderscope {

at::Tensor WindowAttention::relative_position_index(int64_t window) {
  const int64_t n = window * window;
  at::Tensor index = at::empty({n * n}, at::kLong);
  auto* out = index.mutable_data_ptr<int64_t>();
  for (int64_t a = 0; a < n; ++a)
    for (int64_t b = 0; b < n; ++b) {
      const int64_t dy = a / window - b / window, dx = a % window - b % window;
      *out++ = (dy + window - 1) * (2 * window - 1) + dx + window - 1;
    }
  return index;
}

int64_t WindowAttention::shift_of(const Architecture& a, int stage, int64_t index) {
  const int64_t window = a.windows.at(static_cast<std::size_t>(stage));
  const bool one_window = a.levels.empty() && window >= (a.image_size / 4) >> stage;
  return index % 2 == 1 && !one_window ? window / 2 : 0;
}

at::Tensor WindowAttention::shift_mask(int64_t height, int64_t width, int64_t window, int64_t shift) {
  // Three bands a side, as the roll leaves them: untouched, cut, wrapped around.
  const auto band = [&](int64_t p, int64_t side) { return p < side - window ? 0 : p < side - shift ? 1 : 2; };
  at::Tensor region = at::empty({1, height, width, 1});
  auto* out = region.mutable_data_ptr<float>();
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) *out++ = static_cast<float>(3 * band(y, height) + band(x, width));
  const WindowOrder order = WindowOrder::make(height, width, window, /*shift=*/0);
  const at::Tensor ids = region.view({-1}).index_select(0, order.windowed).view({-1, window * window});
  const at::Tensor differs = ids.unsqueeze(1) != ids.unsqueeze(2);
  return differs.to(at::kFloat) * -100.0;
}

WindowAttention::WindowAttention(int64_t dim, int64_t heads, int64_t window, int64_t shift, bool qkv_bias)
    : heads_(heads), window_(window), shift_(shift) {
  const int64_t side = 2 * window - 1;
  relative_position_bias_table_ = register_parameter("relative_position_bias_table", at::empty({side * side, heads}));
  qkv_ = register_module("qkv", std::make_shared<Linear>(dim, 3 * dim, qkv_bias));
  proj_ = register_module("proj", std::make_shared<Linear>(dim, dim));
  index_ = relative_position_index(window);
}

at::Tensor WindowAttention::index_on(const at::Device& device) const {
  const std::lock_guard lock(constants_mutex_);
  if (index_.device() != device) index_ = index_.to(device);
  return index_;
}

WindowAttention::Windows WindowAttention::windows_of(int64_t height, int64_t width, const at::Device& device) const {
  const std::lock_guard lock(constants_mutex_);
  // Photos of many sizes must not pile theirs up.
  if (windows_.size() > 8) windows_.clear();
  Windows& windows = windows_[{height, width}];
  if (!windows.order.windowed.defined() || windows.order.windowed.device() != device) {
    windows.order = WindowOrder::make(height, width, window_, shift_).to(device);
    if (shift_ > 0) windows.mask = shift_mask(height, width, window_, shift_).to(device);
  }
  return windows;
}

at::Tensor WindowAttention::forward(const at::Tensor& x, const TapScope& taps) const {
  const int64_t below = (window_ - x.size(1) % window_) % window_, right = (window_ - x.size(2) % window_) % window_;
  const at::Tensor padded = below + right > 0 ? at::constant_pad_nd(x, {0, 0, 0, right, 0, below}) : x;
  const int64_t height = padded.size(1), width = padded.size(2), channels = padded.size(3);
  const int64_t n = window_ * window_, head_dim = channels / heads_;

  const Windows windows = windows_of(height, width, x.device());
  const at::Tensor tokens = reorder_tokens(padded.flatten(1, 2), windows.order.windowed, windows.order.mapped);
  const auto qkv = qkv_->forward(tokens.view({-1, n, channels}))
                       .reshape({-1, n, 3, heads_, head_dim})
                       .permute({2, 0, 3, 1, 4})
                       .unbind(0);
  at::Tensor scores = at::matmul(qkv[0] * (1.0 / std::sqrt(static_cast<double>(head_dim))), qkv[1].transpose(-2, -1));

  const at::Tensor bias =
      relative_position_bias_table_.index_select(0, index_on(x.device())).view({n, n, heads_}).permute({2, 0, 1});
  scores = scores + bias.unsqueeze(0);
  if (shift_ > 0) {
    const at::Tensor& mask = windows.mask;
    const auto shape = scores.sizes().vec();
    scores = (scores.view({-1, mask.size(0), heads_, n, n}) + mask.to(scores.scalar_type()).unsqueeze(1).unsqueeze(0))
                 .view(shape);
  }
  const at::Tensor probabilities = taps.as_is("probs", at::softmax(scores, -1));
  const at::Tensor mixed = at::matmul(probabilities, qkv[2]).transpose(1, 2).reshape({-1, n, channels});
  const at::Tensor y = reorder_tokens(proj_->forward(mixed).view({-1, height * width, channels}), windows.order.mapped,
                                      windows.order.windowed)
                           .view({-1, height, width, channels});
  return below + right > 0 ? y.slice(1, 0, x.size(1)).slice(2, 0, x.size(2)) : y;
}

int64_t WindowAttention::macs(int64_t pixels) const {
  const int64_t products = 2 * pixels * window_ * window_ * proj_->weight.size(0);
  return qkv_->macs(pixels) + proj_->macs(pixels) + products;
}

}  // namespace orderscope
