// SPDX-License-Identifier: GPL-3.0-or-later
#include "gnconv_vit.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/container/modulelist.h>

#include "core/models/mlp.h"

namespace gnconv_vit {

using orderscope::Architecture;
using orderscope::GnConv;
using orderscope::LayerNorm;
using orderscope::Linear;
using orderscope::PatchConv;
using orderscope::Taps;
using orderscope::TapScope;

namespace {

constexpr double kEps = 1e-6;

/// A module that only holds others: what gives their parameters the names of the checkpoint.
struct Holder : torch::nn::Module {};

}  // namespace

class GnConvVit::Block : public torch::nn::Module {
 public:
  Block(const Architecture& a, std::int64_t mlp_width) : order_(a.orders[0]) {
    const std::int64_t dim = a.dims[0];
    if (a.layer_scale) {
      gamma1_ = register_parameter("gamma1", at::empty({dim}));
      gamma2_ = register_parameter("gamma2", at::empty({dim}));
    }
    norm1_ = register_module("norm1", std::make_shared<LayerNorm>(dim, kEps));
    gnconv_ = register_module("gnconv", std::make_shared<GnConv>(dim, order_, a.kernel_size, a.filters[0]));
    norm2_ = register_module("norm2", std::make_shared<LayerNorm>(dim, kEps));
    const auto mlp = register_module("mlp", std::make_shared<Holder>());
    fc1_ = mlp->register_module("fc1", std::make_shared<Linear>(dim, mlp_width));
    fc2_ = mlp->register_module("fc2", std::make_shared<Linear>(mlp_width, dim));
  }

  at::Tensor forward(const at::Tensor& x, const TapScope& taps) const {
    const at::Tensor mixed = gnconv_->forward(norm1_->forward(x), taps.child("gnconv"));
    const at::Tensor y = orderscope::add_branch(x, gamma1_, mixed, drop_path, is_training());
    return orderscope::add_mlp(y, y, *norm2_, *fc1_, *fc2_, gamma2_, drop_path, is_training());
  }

  std::int64_t macs(std::int64_t pixels) const {
    return gnconv_->macs(pixels) + fc1_->macs(pixels) + fc2_->macs(pixels);
  }

  std::vector<std::string> tap_names(const std::string& module) const {
    return GnConv::tap_names(module + ".gnconv", order_);
  }

  double drop_path = 0;

 private:
  int order_;
  at::Tensor gamma1_, gamma2_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<GnConv> gnconv_;
  std::shared_ptr<Linear> fc1_, fc2_;
};

GnConvVit::GnConvVit(const Architecture& a, const Options& options) : Backbone(a), patch_size_(options.patch_size) {
  const auto embedding = register_module("patch_embed", std::make_shared<Holder>());
  patches_ = embedding->register_module("proj", std::make_shared<PatchConv>(a.in_channels, a.dims[0], patch_size_));
  steps_.push_back({"patch_embed",
                    [this](const at::Tensor& images, Taps* taps) {
                      return TapScope(taps, "patch_embed").as_nchw("", patches_->forward(images.permute({0, 2, 3, 1})));
                    },
                    {"patch_embed"}});

  auto list = register_module("blocks", torch::nn::ModuleList());
  for (int i = 0; i < a.depths[0]; ++i) {
    const auto block = std::make_shared<Block>(a, options.mlp_width);
    blocks_.push_back(block);
    list->push_back(block);
    const std::string name = "blocks." + std::to_string(i);
    std::vector<std::string> taps = block->tap_names(name);
    taps.push_back(name);
    steps_.push_back({name,
                      [block = block.get(), name](const at::Tensor& x, Taps* taps) {
                        const TapScope scope(taps, name);
                        return scope.as_nchw("", block->forward(x, scope));
                      },
                      std::move(taps)});
  }

  norm_ = register_module("norm", std::make_shared<LayerNorm>(a.dims[0], kEps));
  head_ = register_module("head", std::make_shared<Linear>(a.dims[0], a.classes));
  steps_.push_back({"head",
                    [this](const at::Tensor& x, Taps* taps) {
                      const TapScope scope(taps, "");
                      const at::Tensor features = scope.as_is("norm", norm_->forward(x.mean({1, 2})));
                      return scope.as_is("logits", head_->forward(features));
                    },
                    {"norm", "logits"}});
}

orderscope::Result<void> GnConvVit::check_input(std::int64_t height, std::int64_t width) const {
  if (height >= patch_size_ && width >= patch_size_) return {};
  const std::string patch = std::to_string(patch_size_);
  return orderscope::fail(
      orderscope::Error::Kind::InvalidInput,
      "input of " + std::to_string(height) + " x " + std::to_string(width) + " is smaller than a patch", {},
      "use at least " + patch + " x " + patch);
}

std::int64_t GnConvVit::macs(std::int64_t height, std::int64_t width) const {
  const std::int64_t pixels = (height / patch_size_) * (width / patch_size_);
  std::int64_t total = patches_->macs(pixels) + head_->macs(1);
  for (const auto& block : blocks_) total += block->macs(pixels);
  return total;
}

void GnConvVit::set_drop_path(double rate) {
  const auto last = static_cast<double>(blocks_.size() - 1);
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    blocks_[i]->drop_path = last > 0 ? rate * static_cast<double>(i) / last : 0;
}

}  // namespace gnconv_vit
