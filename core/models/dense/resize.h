// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace orderscope {

/// Bilinear interpolation of [N, H, W, C] to [N, height, width, C], as mmseg's resize.
at::Tensor resize_bilinear(const at::Tensor& x, int64_t height, int64_t width, bool align_corners);

}  // namespace orderscope
