// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/image/image.h"

namespace orderscope {

/// cv2.resize with INTER_LINEAR on 8 bits: half-pixel centres, no antialiasing, fixed point. Errors: InvalidInput
/// (empty image, a side under 1), OutOfMemory.
Result<Image> resize_linear(const Image& image, int width, int height);

struct ImageSize {
  int width = 0, height = 0;
};

/// The size that mmcv's rescale_size gives a picture which is to fit both sides of a scale, either way round: as large
/// as possible, rounded to whole pixels; at least one pixel.
ImageSize rescaled_size(ImageSize size, int long_side, int short_side);

}  // namespace orderscope
