// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

namespace orderscope {

/// How a model wants its pictures at evaluation: the official transform of HorNet's and ConvNeXt's datasets.py and of
/// Swin's data/build.py. Bicubic with antialiasing throughout.
struct Preprocessing {
  int size = 224;             ///< side of the square input, pixels
  bool warp = false;          ///< true: squash to size x size (the 384 models); false: resize, then centre crop
  double crop_pct = 0.875;    ///< short side before the crop is int(size / crop_pct)
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};  ///< of RGB in [0, 1]
  std::array<float, 3> std{0.229F, 0.224F, 0.225F};

  bool operator==(const Preprocessing&) const = default;
};

}  // namespace orderscope
