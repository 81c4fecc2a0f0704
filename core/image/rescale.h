// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

#include "core/image/image.h"

namespace orderscope {

// The resizing of mmdetection's and mmsegmentation's test pipelines, which is not that of classification.

/// Bilinear on 8 bit without antialiasing, half-pixel centres: OpenCV's resize with INTER_LINEAR, which mmcv calls.
/// Neither picture may be empty.
Image resize_bilinear(const Image& image, int width, int height);

/// A picture resized with its proportions kept.
struct Rescaled {
  Image pixels;
  /// New by old size, of x and y: they differ a little, since sizes are whole. float32, as boxes are scaled by them.
  std::array<float, 2> scale{1, 1};
};

/// The largest size whose long side is at most the longer of `scale` and whose short side at most the shorter, each
/// rounded by adding a half (mmcv's imrescale). {width, height}, at least 1.
std::array<int, 2> rescaled_size(int width, int height, std::array<int, 2> scale);

/// Errors: InvalidInput (no picture, a size out of range), OutOfMemory.
Result<Rescaled> rescale(const Image& image, std::array<int, 2> scale);

}  // namespace orderscope
