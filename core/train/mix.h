// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <random>
#include <span>

#include "core/train/options.h"

namespace orderscope {

/// How a batch is mixed with itself in reverse order.
struct Mix {
  double own = 1;      ///< weight of a sample's own label; the partner's is 1 - own
  bool boxed = false;  ///< CutMix: the partner's pixels fill the box; else MixUp: all are blended
  int left = 0, top = 0, right = 0, bottom = 0;
};

/// Draws what happens to one batch of size x size pictures.
Mix draw_mix(const MixOptions& options, int size, std::mt19937_64& random);

/// Applies it in place to images [batch, size, size, 3].
void mix_images(const Mix& mix, float* images, int batch, int size);

/// Target distributions [batch, classes]: smoothed labels, mixed like the images.
void write_targets(const Mix& mix, std::span<const int> labels, int classes, double smoothing, float* targets);

}  // namespace orderscope
