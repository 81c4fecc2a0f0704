// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/base/run_length.h"

namespace orderscope {

/// A square soft mask, values in [0, 1], laid into its box as mmdetection's FCNMaskHead does on the CPU: bilinear, zero
/// outside the mask, pixel centres at halves. A box without width (or height) shows the mask's middle column (row).
/// Box x1, y1, x2, y2 in pixels of the image.
ImagePatch<float> paste_mask(std::span<const float> mask, std::int64_t side, const std::array<float, 4>& box,
                             const PixelSize& image);

/// 1 where the patch reaches the threshold, 0 elsewhere.
ImagePatch<std::uint8_t> binary_mask(const ImagePatch<float>& soft, float threshold);

}  // namespace orderscope
