// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/base/pixel_size.h"
#include "core/checkpoint/dense_architecture.h"
#include "core/models/backbone.h"

namespace orderscope {

class BoxHead;
class MaskHead;

/// What becomes of proposals: mmdetection's StandardRoIHead with one box head, CascadeRoIHead (Cai and Vasconcelos,
/// CVPR 2018) with two or three. Boxes are [n, 4] in pixels of the resized image.
/// Taps, with box head k of a cascade (bbox_head alone without): bbox_head.k.rois [n, 5] (0, then the box),
/// bbox_head.k.levels [n] (0 for p2), bbox_head.k.roi_feats [n, C, 7, 7], bbox_head.k.fc_cls, bbox_head.k.fc_reg;
/// cls_score [n, classes + 1], the mean of the stages' logits; mask_rois [d, 5]; mask_roi_feats [d, C, 14, 14];
/// mask_head.k.logits [d, 28, 28] of the detected class; mask_prob [d, 28, 28], the mean of the heads' sigmoids.
class RoiHead : public torch::nn::Module {
 public:
  /// `strides` of the levels that RoIs are read from, finest first.
  RoiHead(const DenseArchitecture& dense, std::vector<int64_t> strides);

  struct Refined {
    std::vector<at::Tensor> rois;  ///< what each stage was given
    at::Tensor logits;             ///< [n, classes + 1]: the mean over the stages, not of probabilities
    at::Tensor boxes;              ///< [n, 4 classes], clipped to the image; [n, 4] where all classes share a box
  };
  /// After all stages but the last each RoI is moved by the deltas of its best class (the background aside) and
  /// clipped. None is dropped. `pyramid` holds the levels [1, h, w, C].
  Refined refine(const std::vector<at::Tensor>& pyramid, const at::Tensor& proposals, const PixelSize& image,
                 double finest_scale, const TapScope& taps, const JobContext& job) const;

  /// The mean logits alone, of RoIs that are given for every stage: differentiable in the pyramid, the RoIs constant.
  at::Tensor logits(const std::vector<at::Tensor>& pyramid, const std::vector<at::Tensor>& rois,
                    double finest_scale) const;

  /// Mask probabilities [n, 28, 28] of boxes and their labels.
  at::Tensor masks(const std::vector<at::Tensor>& pyramid, const at::Tensor& boxes, const at::Tensor& labels,
                   double finest_scale, const TapScope& taps, const JobContext& job) const;

  bool has_masks() const { return !mask_heads_.empty(); }
  std::size_t levels() const { return strides_.size(); }
  int64_t macs(int64_t proposals, int64_t detections) const;
  std::vector<std::string> tap_names(const std::string& module) const;

 private:
  std::string box_head_name(std::size_t stage) const;
  std::string mask_head_name(std::size_t stage) const;
  at::Tensor features(const std::vector<at::Tensor>& pyramid, const at::Tensor& boxes, int64_t size,
                      double finest_scale) const;

  std::vector<int64_t> strides_;
  std::vector<std::shared_ptr<BoxHead>> box_heads_;
  std::vector<std::shared_ptr<MaskHead>> mask_heads_;
};

}  // namespace orderscope
