// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/pixel_size.h"

namespace orderscope {

// Boxes are rows x1, y1, x2, y2 in pixels of the resized image, without the convention of adding 1. References:
// mmdetection 2.28, anchor_generator.py, delta_xywh_bbox_coder.py, single_level_roi_extractor.py.

/// Anchors of a map of height x width cells in the order y, x, ratio: [height * width * 3, 4]. Each is centred at
/// (x * stride, y * stride), of the area (8 * stride)^2, with height / width 0.5, 1 and 2.
at::Tensor make_anchors(std::int64_t stride, std::int64_t height, std::int64_t width, const at::TensorOptions& options);
inline constexpr std::int64_t kAnchorsPerCell = 3;

/// Boxes moved by deltas dx, dy, dw, dh: [n, 4] and [n, 4 k] to [n, 4 k]. The deltas are multiplied by `stds`, then dw
/// and dh are clamped to +-ln(1000 / 16). With `clip_to` the result is clamped to [0, width] and [0, height].
at::Tensor decode_deltas(const at::Tensor& boxes, const at::Tensor& deltas, const std::array<float, 4>& stds,
                         std::optional<PixelSize> clip_to);

/// The pyramid level, 0 .. levels - 1, from which each box [n, 4] is read: floor(log2(sqrt(w * h) / finest_scale +
/// 1e-6)), clamped (Lin et al., FPN, CVPR 2017, eq. 1, with mmdetection's constants). [n], int64.
at::Tensor box_levels(const at::Tensor& boxes, double finest_scale, std::int64_t levels);

}  // namespace orderscope
