// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <random>

#include "core/image/image.h"
#include "core/train/options.h"

namespace orderscope {

struct PixelBox {
  int x = 0, y = 0, width = 0, height = 0;
};

/// The region of a random resized crop (Szegedy et al. 2015), as torchvision draws it: ten attempts, then the largest
/// centred region whose ratio is allowed.
PixelBox random_crop(int width, int height, const AugmentOptions& options, std::mt19937_64& random);

/// Crop, bicubic resize to size x size, flip, brightness, contrast, saturation, normalisation, erasing.
/// Writes [size, size, 3] floats.
void augment(const Image& image, const AugmentOptions& options, const Preprocessing& how, std::mt19937_64& random,
             float* out);

/// Brightness, contrast and saturation factors applied in this order to [pixels, 3] values in [0, 1], each clamped, as
/// torchvision's functional adjustments; 1 changes nothing.
void adjust_colors(float* rgb, int pixels, float brightness, float contrast, float saturation);

/// Normalises 8-bit pixels: (v / 255 - mean) / std, written as [size, size, 3].
void normalize(const Image& image, const Preprocessing& how, float* out);

}  // namespace orderscope
