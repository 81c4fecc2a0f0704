// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>

#include "core/analysis/method.h"

namespace orderscope {

/// Which pixels of a segmenter's output are explained. One of the three; none: all pixels of the most frequent class.
struct RegionRequest {
  std::optional<std::array<std::int64_t, 4>> box;  ///< x, y, width, height in pixels of the photo
  std::optional<int> class_region;                 ///< every pixel that is predicted as this class
  at::Tensor mask;                                 ///< [H, W], not 0 inside; at the size of the photo or of the input

  std::array<std::int64_t, 2> photo{};  ///< rows and columns
};

/// The score of Seg-Grad-CAM (Vinogradova et al., AAAI 2020): the sum over the region's pixels of the class' logits, as
/// they are at the size of the input, before any softmax. The class is the one asked for, else the region's own, else
/// the one that most of its pixels are predicted as. Errors of the chooser: InvalidInput (no such class, a box outside
/// the photo, a region without pixels, a mask of another size).
TargetChooser region_target(RegionRequest request);

/// The region of an image whose prediction is `labels` [H, W], as a mask at that size; as the chooser sees it.
Result<at::Tensor> region_mask(const RegionRequest& request, const at::Tensor& labels);

}  // namespace orderscope
