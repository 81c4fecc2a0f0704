// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/analysis/detections.h"
#include "core/image/image.h"

namespace orderscope {

/// What a segmenter or detector says of a picture, in the pixels of its input.
struct DensePrediction {
  Image picture;                     ///< as the model sees it, padding included
  Image photo;                       ///< as it is
  std::vector<std::int32_t> labels;  ///< of a segmenter: the class of each pixel of `picture`, row by row
  Detections detections;             ///< of a detector: boxes and masks in the pixels of the photo

  bool empty() const { return labels.empty() && detections.found.empty(); }
};

/// x, y, width and height in pixels of the photo.
using PhotoRegion = std::array<std::int64_t, 4>;

/// What of a prediction is explained.
struct DenseQuestion {
  /// A segmenter's class, over all pixels that the shown prediction gives it unless there is a region; a detector's box
  /// in the order of DensePrediction::detections.
  std::optional<int> number{};
  /// Of a segmenter: over these pixels, and without a number the class that most of them are predicted as. Of a
  /// detector without a number: the box that fits it best.
  std::optional<PhotoRegion> region{};

  bool operator==(const DenseQuestion&) const = default;
};

/// The box with the largest intersection over union with a region; nothing where none touches it.
std::optional<int> box_in(const Detections& detections, const PhotoRegion& region);

}  // namespace orderscope
