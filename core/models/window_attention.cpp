// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/window_attention.h"

#include <ATen/ATen.h>

#include <cmath>

namespace orderscope {

namespace {

/// [N, H, W, C] to [N * windows, w * w, C], windows of an image in row-major order, the batch outermost.
at::Tensor partition(const at::Tensor& x, int64_t w) {
  const int64_t n = x.size(0), height = x.size(1), width = x.size(2), channels = x.size(3);
  return x.reshape({n, height / w, w, width / w, w, channels})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({-1, w * w, channels});
}

at::Tensor reverse(const at::Tensor& windows, int64_t w, int64_t height, int64_t width) {
  const int64_t channels = windows.size(2);
  return windows.reshape({-1, height / w, width / w, w, w, channels})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({-1, height, width, channels});
}

}  // namespace

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

at::Tensor WindowAttention::shift_mask(int64_t resolution, int64_t window, int64_t shift) {
  // Three bands a side, as the roll leaves them: untouched, cut, wrapped around.
  const auto band = [&](int64_t p) { return p < resolution - window ? 0 : p < resolution - shift ? 1 : 2; };
  at::Tensor region = at::empty({1, resolution, resolution, 1});
  auto* out = region.mutable_data_ptr<float>();
  for (int64_t y = 0; y < resolution; ++y)
    for (int64_t x = 0; x < resolution; ++x) *out++ = static_cast<float>(3 * band(y) + band(x));
  const at::Tensor ids = partition(region, window).squeeze(-1);
  const at::Tensor differs = ids.unsqueeze(1) != ids.unsqueeze(2);
  return differs.to(at::kFloat) * -100.0;
}

WindowAttention::WindowAttention(int64_t dim, int64_t heads, int64_t window, int64_t shift, int64_t resolution,
                                 bool qkv_bias)
    : heads_(heads), window_(window), shift_(shift) {
  const int64_t side = 2 * window - 1;
  relative_position_bias_table_ = register_parameter("relative_position_bias_table", at::empty({side * side, heads}));
  qkv_ = register_module("qkv", std::make_shared<Linear>(dim, 3 * dim, qkv_bias));
  proj_ = register_module("proj", std::make_shared<Linear>(dim, dim));
  index_ = relative_position_index(window);
  if (shift > 0) mask_ = shift_mask(resolution, window, shift);
}

at::Tensor WindowAttention::forward(const at::Tensor& x, const TapScope& taps) const {
  const int64_t height = x.size(1), width = x.size(2), channels = x.size(3);
  const int64_t n = window_ * window_, head_dim = channels / heads_;

  const at::Tensor rolled = shift_ > 0 ? at::roll(x, {-shift_, -shift_}, {1, 2}) : x;
  const at::Tensor windows = partition(rolled, window_);
  const auto qkv = qkv_->forward(windows).reshape({-1, n, 3, heads_, head_dim}).permute({2, 0, 3, 1, 4}).unbind(0);
  at::Tensor scores = at::matmul(qkv[0] * (1.0 / std::sqrt(static_cast<double>(head_dim))), qkv[1].transpose(-2, -1));

  const at::Tensor bias =
      relative_position_bias_table_.index_select(0, index_.to(x.device())).view({n, n, heads_}).permute({2, 0, 1});
  scores = scores + bias.unsqueeze(0);
  if (mask_.defined()) {
    const at::Tensor mask = mask_.to(x.device());
    const auto shape = scores.sizes().vec();
    scores = (scores.view({-1, mask.size(0), heads_, n, n}) + mask.unsqueeze(1).unsqueeze(0)).view(shape);
  }
  const at::Tensor probabilities = taps.as_is("probs", at::softmax(scores, -1));
  const at::Tensor mixed = at::matmul(probabilities, qkv[2]).transpose(1, 2).reshape({-1, n, channels});
  const at::Tensor y = reverse(proj_->forward(mixed), window_, height, width);
  return shift_ > 0 ? at::roll(y, {shift_, shift_}, {1, 2}) : y;
}

int64_t WindowAttention::macs(int64_t pixels) const {
  const int64_t products = 2 * pixels * window_ * window_ * proj_->weight.size(0);
  return qkv_->macs(pixels) + proj_->macs(pixels) + products;
}

}  // namespace orderscope
