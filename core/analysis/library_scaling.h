// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "core/analysis/map.h"

namespace orderscope {

/// What pytorch-grad-cam hands out for these raw maps, [height, width] in 0..1: each map c = max(raw, 0), c -= min,
/// c /= 1e-7 + max, enlarged (bilinear, pixel centres at halves); then the mean of all, scaled the same way once more.
/// Not raw data: two such maps cannot be compared in magnitude, and one nowhere positive becomes all zero.
at::Tensor library_scaling(std::span<const Map* const> raw, int height, int width);

/// The map as Seg-Grad-CAM (Vinogradova et al., AAAI 2020; kiraving/SegGradCAM) shows it, [height, width]: enlarged
/// first, then negative values to 0, then divided by the largest if that is not 0.
at::Tensor seg_grad_cam_scaling(const Map& raw, int height, int width);

}  // namespace orderscope
