// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/base/run_length.h"

namespace orderscope {

/// x1, y1, x2, y2 in pixels; edges, not pixel indices: a box of one pixel has x2 = x1 + 1.
using Box = std::array<float, 4>;

/// One object that a detector found.
struct Detection {
  Box box{};  ///< in the original image
  float score = 0;
  int label = 0;
  std::optional<RunLengths> mask;  ///< in the original image; none from a detector without masks
  std::vector<Box> rois;           ///< what each stage of the box head was given, in the resized image
  int proposal = 0;                ///< which of the proposals it came from
};

/// How a picture lies in a detector's input.
struct DetectionFrame {
  PixelSize resized;   ///< the picture in the input, without the padding
  PixelSize original;  ///< what boxes and masks refer to

  std::array<float, 2> scale() const;  ///< resized by original size, of x and y, in float32
  bool operator==(const DetectionFrame&) const = default;
};

/// Best first.
struct Detections {
  DetectionFrame frame;
  std::vector<Detection> found;
  bool has_masks = false;
  int proposals = 0;  ///< that they were chosen from
};

}  // namespace orderscope
