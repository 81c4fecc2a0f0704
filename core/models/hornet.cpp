// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/hornet.h"

#include <ATen/ATen.h>

#include "core/models/gnconv.h"
#include "core/models/mlp.h"

namespace orderscope {

namespace {

constexpr double kEps = 1e-6;

class HorNetBlock : public ConvBlock {
 public:
  HorNetBlock(const Architecture& a, int stage) : order_(a.orders[stage]) {
    const int64_t dim = a.dims[stage];
    if (!a.filters[stage]) radius_ = a.kernel_size / 2;
    if (a.layer_scale) {
      gamma1_ = register_parameter("gamma1", at::empty({dim}));
      gamma2_ = register_parameter("gamma2", at::empty({dim}));
    }
    norm1_ = register_module("norm1", std::make_shared<LayerNorm>(dim, kEps));
    gnconv_ = register_module("gnconv", std::make_shared<GnConv>(dim, order_, a.kernel_size, a.filters[stage]));
    norm2_ = register_module("norm2", std::make_shared<LayerNorm>(dim, kEps));
    pwconv1_ = register_module("pwconv1", std::make_shared<Linear>(dim, a.mlp_ratio * dim));
    pwconv2_ = register_module("pwconv2", std::make_shared<Linear>(a.mlp_ratio * dim, dim));
  }

  at::Tensor forward(const at::Tensor& x, const TapScope& taps) const override {
    const at::Tensor mixed = gnconv_->forward(norm1_->forward(x), taps.child("gnconv"));
    const at::Tensor y = add_branch(x, gamma1_, mixed, drop_path, is_training());
    return add_mlp(y, y, *norm2_, *pwconv1_, *pwconv2_, gamma2_, drop_path, is_training());
  }

  int64_t macs(int64_t pixels) const override {
    return gnconv_->macs(pixels) + pwconv1_->macs(pixels) + pwconv2_->macs(pixels);
  }

  std::vector<std::string> tap_names(const std::string& module) const override {
    return GnConv::tap_names(module + ".gnconv", order_);
  }

  /// The global filter looks everywhere.
  std::optional<Reach> reach() const override { return radius_ ? std::optional(Reach{*radius_, 1}) : std::nullopt; }

 private:
  int order_;
  std::optional<int64_t> radius_;  ///< of the depthwise convolution; none with a global filter
  at::Tensor gamma1_, gamma2_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<GnConv> gnconv_;
  std::shared_ptr<Linear> pwconv1_, pwconv2_;
};

}  // namespace

HorNet::HorNet(const Architecture& architecture)
    : ConvBackbone(architecture, [&](int stage) { return std::make_shared<HorNetBlock>(architecture, stage); }) {}

}  // namespace orderscope
