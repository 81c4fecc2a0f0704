// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

namespace orderscope {

/// How a model wants its pictures at evaluation: the official transform of HorNet's and ConvNeXt's datasets.py and of
/// Swin's data/build.py. Bicubic with antialiasing throughout.
struct Preprocessing {
  int size = 224;           ///< side of the square input, pixels
  bool warp = false;        ///< true: squash to size x size (the 384 models); false: resize, then centre crop
  double crop_pct = 0.875;  ///< short side before the crop is int(size / crop_pct)
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};  ///< of RGB in [0, 1]
  std::array<float, 3> std{0.229F, 0.224F, 0.225F};

  bool operator==(const Preprocessing&) const = default;
};

/// How a segmenter or detector wants its pictures: the test pipelines of mmsegmentation and mmdetection. The picture
/// keeps its shape; bilinear without antialiasing, as cv2.resize does.
struct DensePreprocessing {
  int long_side = 2048, short_side = 512;  ///< pixels: as large as possible within both
  int multiple = 1;  ///< padded with zeros at the right and at the bottom, after the normalisation, up to multiples
  std::array<float, 3> mean{123.675F, 116.28F, 103.53F};  ///< of RGB in [0, 255]
  std::array<float, 3> std{58.395F, 57.12F, 57.375F};

  bool operator==(const DensePreprocessing&) const = default;
};

}  // namespace orderscope
