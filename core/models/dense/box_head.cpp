// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/box_head.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include "core/models/dense/conv_module.h"

namespace orderscope {

BoxHead::BoxHead(const BoxHeadShape& shape, int channels) : shape_(shape) {
  auto convs = register_module("shared_convs", torch::nn::ModuleList());
  for (const ConvShape& conv : shape.convs) {
    shared_convs_.push_back(std::make_shared<ConvModule>(conv, true));
    convs->push_back(shared_convs_.back());
    channels = conv.out;
  }
  int64_t features = int64_t{channels} * shape.roi_size * shape.roi_size;
  auto fcs = register_module("shared_fcs", torch::nn::ModuleList());
  for (const int out : shape.fcs) {
    shared_fcs_.push_back(std::make_shared<Linear>(features, out));
    fcs->push_back(shared_fcs_.back());
    features = out;
  }
  fc_cls_ = register_module("fc_cls", std::make_shared<Linear>(features, shape.classes + 1));
  fc_reg_ = register_module("fc_reg", std::make_shared<Linear>(features, shape.class_agnostic ? 4 : 4 * shape.classes));
}

BoxHead::Output BoxHead::forward(const at::Tensor& features) const {
  at::Tensor x = features;
  for (const auto& conv : shared_convs_) x = conv->forward(x);
  x = x.permute({0, 3, 1, 2}).flatten(1);  // the stored weights count channels first
  for (const auto& fc : shared_fcs_) x = at::relu(fc->forward(x));
  return {fc_cls_->forward(x), fc_reg_->forward(x)};
}

int64_t BoxHead::macs(int64_t rois) const {
  int64_t total = fc_cls_->macs(rois) + fc_reg_->macs(rois);
  for (const auto& conv : shared_convs_) total += conv->macs(rois * shape_.roi_size * shape_.roi_size);
  for (const auto& fc : shared_fcs_) total += fc->macs(rois);
  return total;
}

}  // namespace orderscope
