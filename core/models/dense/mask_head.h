// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "core/checkpoint/dense_architecture.h"
#include "core/models/layers.h"

namespace orderscope {

class Conv;
class ConvModule;

/// Masks of RoIs (He et al., Mask R-CNN, ICCV 2017; mmdetection 2.28, fcn_mask_head.py): convolutions with ReLU, a
/// transposed convolution that doubles the size, with ReLU, and a 1x1 convolution to a map a class.
class MaskHead : public torch::nn::Module {
 public:
  /// `channels` of the RoI features.
  MaskHead(const MaskHeadShape& shape, int channels);

  static constexpr int64_t kRoiSize = 14;

  /// RoI features [n, s, s, C] to mask logits [n, 2 s, 2 s] of the class of each RoI; labels [n], int64.
  at::Tensor forward(const at::Tensor& features, const at::Tensor& labels) const;

  int64_t macs(int64_t rois) const;

 private:
  struct Deconvolution;

  MaskHeadShape shape_;
  std::vector<std::shared_ptr<ConvModule>> convs_;
  std::shared_ptr<Deconvolution> upsample_;
  std::shared_ptr<Conv> conv_logits_;
};

}  // namespace orderscope
