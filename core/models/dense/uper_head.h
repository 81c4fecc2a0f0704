// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/checkpoint/dense_architecture.h"
#include "core/models/backbone.h"

namespace orderscope {

/// UPerHead (Xiao et al., ECCV 2018; mmsegmentation 0.x, uper_head.py and psp_head.py), and HorNet's GNUPerHead where
/// the fusion is a gnConv: pyramid pooling on the last level, a top-down path, fusion at the first level, classifier.
/// Taps under the module's name: psp_modules.k (pooled, before upsampling), bottleneck, lateral_convs.i,
/// lateral_sums.i (after the top-down sum), fpn_convs.i, fpn_bottleneck (with fpn_bottleneck.gnconv.* in HorFPN) and
/// conv_seg, the logits at the size of the first level.
class UperHead : public torch::nn::Module {
 public:
  explicit UperHead(const UperHeadShape& shape);
  ~UperHead() override;

  /// Its steps, for levels set aside under `levels`, finest first; each [N, H, W, C]. The last one leaves the class
  /// logits [N, H, W, classes] as x. The head must outlive them.
  std::vector<Step> steps(const std::string& name, const std::vector<std::string>& levels) const;

  /// Multiply-adds for levels of these pixels.
  int64_t macs(const std::vector<int64_t>& pixels) const;

 private:
  struct Modules;
  at::Tensor pooled(std::size_t k, const at::Tensor& x) const;
  at::Tensor resize_to(const at::Tensor& x, const at::Tensor& like) const;

  UperHeadShape shape_;
  std::unique_ptr<Modules> m_;
};

}  // namespace orderscope
