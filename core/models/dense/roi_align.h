// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace orderscope {

struct RoiAlignOptions {
  std::int64_t output_size = 7;
  double spatial_scale = 1;         ///< map cells an image pixel
  std::int64_t sampling_ratio = 0;  ///< samples a bin in each direction; 0: ceil(box side / output_size)
  bool aligned = true;              ///< shift boxes by half a cell, as cell centres lie at halves
};

/// RoIAlign (He et al., Mask R-CNN, ICCV 2017) as mmcv 1.7 computes it: each bin of a box is the mean of bilinear
/// samples on a regular grid; samples further than a cell outside count as 0, a box without width or height gives 0.
/// Features [N, H, W, C] and boxes [n, 5] (image of the batch, x1, y1, x2, y2) to [n, output_size, output_size, C].
/// Differentiable in the features; the boxes are constants, as in mmcv. How many samples a bin has jumps where a side
/// is a multiple of output_size, so boxes are taken in float32 throughout, as in the original.
/// On the CPU by a kernel of ours, elsewhere by roi_align_by_operations.
at::Tensor roi_align(const at::Tensor& features, const at::Tensor& rois, const RoiAlignOptions& options);

/// The same by tensor operations: a bilinear sample factors into a row part and a column part, so that each box is two
/// products with sparse matrices, kept dense.
at::Tensor roi_align_by_operations(const at::Tensor& features, const at::Tensor& rois, const RoiAlignOptions& options);

}  // namespace orderscope
