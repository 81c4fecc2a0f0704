// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/mask_head.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include "core/models/dense/conv_module.h"

namespace orderscope {

/// 2x2, stride 2; weight [in, out, 2, 2].
struct MaskHead::Deconvolution : torch::nn::Module {
  Deconvolution(int64_t in, int64_t out) {
    weight = register_parameter("weight", at::empty({in, out, 2, 2}));
    bias = register_parameter("bias", at::empty({out}));
  }
  at::Tensor forward(const at::Tensor& x) const {
    return at::conv_transpose2d(x.permute({0, 3, 1, 2}), weight, bias, {2, 2}).permute({0, 2, 3, 1}).contiguous();
  }
  at::Tensor weight, bias;
};

MaskHead::MaskHead(const MaskHeadShape& shape, int channels) : shape_(shape) {
  auto convs = register_module("convs", torch::nn::ModuleList());
  for (const ConvShape& conv : shape.convs) {
    convs_.push_back(std::make_shared<ConvModule>(conv, true));
    convs->push_back(convs_.back());
    channels = conv.out;
  }
  upsample_ = register_module("upsample", std::make_shared<Deconvolution>(channels, shape.upsample_channels));
  conv_logits_ = register_module("conv_logits",
                                 std::make_shared<Conv>(ConvShape{shape.upsample_channels, shape.classes, 1, true}));
}

at::Tensor MaskHead::forward(const at::Tensor& features, const at::Tensor& labels) const {
  at::Tensor x = features;
  for (const auto& conv : convs_) x = conv->forward(x);
  const at::Tensor logits = conv_logits_->forward(at::relu(upsample_->forward(x)));
  const at::Tensor channel = shape_.classes == 1 ? at::zeros_like(labels) : labels;
  return logits.gather(3, channel.view({-1, 1, 1, 1}).expand({-1, logits.size(1), logits.size(2), 1})).squeeze(3);
}

int64_t MaskHead::macs(int64_t rois) const {
  const int64_t pixels = rois * kRoiSize * kRoiSize;
  int64_t total = pixels * upsample_->weight.numel() + conv_logits_->macs(4 * pixels);
  for (const auto& conv : convs_) total += conv->macs(pixels);
  return total;
}

}  // namespace orderscope
