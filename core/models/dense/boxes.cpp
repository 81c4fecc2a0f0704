// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/boxes.h"

#include <ATen/ATen.h>

#include <cmath>

namespace orderscope {

at::Tensor make_anchors(std::int64_t stride, std::int64_t height, std::int64_t width,
                        const at::TensorOptions& options) {
  constexpr double kScale = 8;
  std::vector<float> base;
  for (const double ratio : {0.5, 1.0, 2.0}) {
    const double root = std::sqrt(ratio), side = kScale * static_cast<double>(stride);
    const auto half_width = static_cast<float>(side / root / 2), half_height = static_cast<float>(side * root / 2);
    base.insert(base.end(), {-half_width, -half_height, half_width, half_height});
  }
  const at::Tensor cell = at::tensor(base, options).view({1, 1, kAnchorsPerCell, 4});
  const at::Tensor x = (at::arange(width, options) * stride).view({1, width, 1}).expand({height, width, 1});
  const at::Tensor y = (at::arange(height, options) * stride).view({height, 1, 1}).expand({height, width, 1});
  return (at::cat({x, y, x, y}, 2).unsqueeze(2) + cell).reshape({-1, 4});
}

at::Tensor decode_deltas(const at::Tensor& boxes, const at::Tensor& deltas, const std::array<float, 4>& stds,
                         std::optional<PixelSize> clip_to) {
  const double max_ratio = std::log(1000.0 / 16.0);
  const std::int64_t n = deltas.size(0);
  const at::Tensor d = deltas.reshape({n, deltas.size(1) / 4, 4}) *
                       at::tensor(at::ArrayRef<float>(stds.data(), 4), deltas.options()).view({1, 1, 4});
  const at::Tensor low = boxes.slice(1, 0, 2).unsqueeze(1), high = boxes.slice(1, 2, 4).unsqueeze(1);
  const at::Tensor size = high - low;
  const at::Tensor centre = (low + high) * 0.5 + size * d.slice(2, 0, 2);
  const at::Tensor half = size * d.slice(2, 2, 4).clamp(-max_ratio, max_ratio).exp() * 0.5;
  at::Tensor moved = at::cat({centre - half, centre + half}, 2);
  if (clip_to) {
    const auto width = static_cast<float>(clip_to->width), height = static_cast<float>(clip_to->height);
    const at::Tensor limit = at::tensor({width, height, width, height}, deltas.options()).view({1, 1, 4});
    moved = at::minimum(moved.clamp_min(0), limit);
  }
  return moved.flatten(1);
}

at::Tensor box_levels(const at::Tensor& boxes, double finest_scale, std::int64_t levels) {
  const at::Tensor width = boxes.select(1, 2) - boxes.select(1, 0), height = boxes.select(1, 3) - boxes.select(1, 1);
  const at::Tensor scale = at::sqrt(width * height);
  // NaN, which a broken network's boxes may hold, would convert to any number.
  return at::floor(at::log2(scale / finest_scale + 1e-6)).nan_to_num(0).clamp(0, levels - 1).to(at::kLong);
}

}  // namespace orderscope
