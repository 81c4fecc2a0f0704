// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace orderscope {

/// Non-maximum suppression as mmcv has it: boxes [n, 4] in falling order of score [n], each kept unless its IoU with a
/// kept one is larger than `threshold`; areas without adding 1. A box without area has IoU 0 / 0 and stays. Among equal
/// scores the first comes first (the original leaves it open). Gives the indices of those kept, best first: [k], int64,
/// on the device of the boxes.
at::Tensor nms(const at::Tensor& boxes, const at::Tensor& scores, double threshold);

/// The same within each group [n], int64; all groups' survivors together, best first.
at::Tensor grouped_nms(const at::Tensor& boxes, const at::Tensor& scores, const at::Tensor& groups, double threshold);

/// The same as `nms` by tensor operations, for devices without a kernel of ours: the overlaps are computed there, only
/// the decisions are made here. `nms` chooses it by the boxes' device.
at::Tensor nms_by_operations(const at::Tensor& boxes, const at::Tensor& scores, double threshold);

/// What is left of a detector's scores.
struct KeptBoxes {
  at::Tensor boxes;   ///< [k, 4], best first
  at::Tensor scores;  ///< [k]
  at::Tensor labels;  ///< [k], int64
  at::Tensor rows;    ///< [k], int64: row of the input that each came from
};

/// Every pair of a row and a class whose score is larger than `score_threshold` is a candidate; NMS within each class,
/// or among all; the best `most`, or all where that is not above 0. `boxes` is [n, 4] or, one box a class, [n, 4
/// classes]; `scores` is [n, classes + 1] with the background last, which is no candidate.
KeptBoxes multiclass_nms(const at::Tensor& boxes, const at::Tensor& scores, double score_threshold,
                         double iou_threshold, std::int64_t most, bool class_agnostic = false);

}  // namespace orderscope
