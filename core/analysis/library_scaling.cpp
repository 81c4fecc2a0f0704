// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/library_scaling.h"

#include <ATen/ATen.h>

namespace orderscope {

namespace {

at::Tensor scaled(const at::Tensor& raw) {
  const at::Tensor c = raw.clamp_min(0);
  const at::Tensor lifted = c - c.min();
  return lifted / (lifted.max() + 1e-7);
}

}  // namespace

at::Tensor library_scaling(std::span<const Map* const> raw, int height, int width) {
  at::Tensor sum = at::zeros({height, width});
  for (const Map* map : raw) {
    const at::Tensor values = at::tensor(map->values).view({1, 1, map->height, map->width});
    sum += at::upsample_bilinear2d(scaled(values), {height, width}, /*align_corners=*/false)[0][0];
  }
  return scaled(sum / static_cast<double>(raw.size()));
}

at::Tensor seg_grad_cam_scaling(const Map& raw, int height, int width) {
  const at::Tensor values = at::tensor(raw.values).view({1, 1, raw.height, raw.width});
  const at::Tensor positive =
      at::upsample_bilinear2d(values, {height, width}, /*align_corners=*/false)[0][0].clamp_min(0);
  const double largest = positive.max().item<double>();
  return largest > 0 ? positive / largest : positive;
}

}  // namespace orderscope
