// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/image/image.h"

namespace orderscope {

/// A rectangle of the resized picture.
struct Region {
  int x = 0, y = 0, width = 0, height = 0;
};

/// resize_bicubic(image, width, height) cropped to `region`, without computing the rest: what a centre crop needs, and
/// no more memory for a strip of 1 x 100,000 pixels than for a square. `image` must not be empty, `region` must lie
/// inside.
Image resize_bicubic_region(const Image& image, int width, int height, const Region& region);

}  // namespace orderscope
