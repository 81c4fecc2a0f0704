// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/convnext.h"

#include <ATen/ATen.h>

#include "core/models/mlp.h"

namespace orderscope {

namespace {

class ConvNeXtBlock : public ConvBlock {
 public:
  ConvNeXtBlock(const Architecture& a, int stage) {
    const int64_t dim = a.dims[stage];
    if (a.layer_scale) gamma_ = register_parameter("gamma", at::empty({dim}));
    dwconv_ = register_module("dwconv", std::make_shared<DepthwiseConv>(dim, a.kernel_size));
    norm_ = register_module("norm", std::make_shared<LayerNorm>(dim, 1e-6));
    pwconv1_ = register_module("pwconv1", std::make_shared<Linear>(dim, a.mlp_ratio * dim));
    pwconv2_ = register_module("pwconv2", std::make_shared<Linear>(a.mlp_ratio * dim, dim));
  }

  at::Tensor forward(const at::Tensor& x, const TapScope& taps) const override {
    const at::Tensor mixed = taps.as_nchw("dwconv", dwconv_->forward(x));
    return add_mlp(x, mixed, *norm_, *pwconv1_, *pwconv2_, gamma_, drop_path, is_training());
  }

  int64_t macs(int64_t pixels) const override {
    return dwconv_->macs(pixels) + pwconv1_->macs(pixels) + pwconv2_->macs(pixels);
  }

  std::vector<std::string> tap_names(const std::string& module) const override { return {module + ".dwconv"}; }
  std::optional<Reach> reach() const override { return Reach{dwconv_->weight.size(3) / 2, 1}; }

 private:
  at::Tensor gamma_;
  std::shared_ptr<DepthwiseConv> dwconv_;
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> pwconv1_, pwconv2_;
};

}  // namespace

ConvNeXt::ConvNeXt(const Architecture& architecture)
    : ConvBackbone(architecture, [&](int stage) { return std::make_shared<ConvNeXtBlock>(architecture, stage); }) {}

}  // namespace orderscope
