// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/resize.h"

#include <ATen/ATen.h>

namespace orderscope {

at::Tensor resize_bilinear(const at::Tensor& x, int64_t height, int64_t width, bool align_corners) {
  if (x.size(1) == height && x.size(2) == width) return x;
  return at::upsample_bilinear2d(x.permute({0, 3, 1, 2}), {height, width}, align_corners)
      .permute({0, 2, 3, 1})
      .contiguous();
}

}  // namespace orderscope
