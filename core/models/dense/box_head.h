// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "core/checkpoint/dense_architecture.h"
#include "core/models/layers.h"

namespace orderscope {

class ConvModule;

/// Class scores and box deltas of RoIs (mmdetection 2.28, convfc_bbox_head.py): shared convolutions with ReLU, shared
/// linear layers with ReLU, then fc_cls and fc_reg.
class BoxHead : public torch::nn::Module {
 public:
  /// `channels` of the RoI features.
  BoxHead(const BoxHeadShape& shape, int channels);

  struct Output {
    at::Tensor logits;  ///< [n, classes + 1], the background last
    at::Tensor deltas;  ///< [n, 4 classes], or [n, 4] where all classes share a box
  };
  /// Of RoI features [n, roi_size, roi_size, C].
  Output forward(const at::Tensor& features) const;

  int64_t macs(int64_t rois) const;
  const BoxHeadShape& shape() const { return shape_; }

 private:
  BoxHeadShape shape_;
  std::vector<std::shared_ptr<ConvModule>> shared_convs_;
  std::vector<std::shared_ptr<Linear>> shared_fcs_;
  std::shared_ptr<Linear> fc_cls_, fc_reg_;
};

}  // namespace orderscope
