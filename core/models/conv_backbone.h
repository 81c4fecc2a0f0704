// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "core/models/backbone.h"
#include "core/models/layers.h"

namespace orderscope {

/// A residual block between downsamplings: [N, H, W, C] to the same shape.
class ConvBlock : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& x, const TapScope& taps) const = 0;
  virtual int64_t macs(int64_t pixels) const = 0;
  virtual std::vector<std::string> tap_names(const std::string& module) const = 0;
  virtual std::optional<Reach> reach() const = 0;  ///< see Step

  double drop_path = 0;
};

/// What HorNet and ConvNeXt share: a 4x4 patch stem, 2x2 downsampling, four stages of blocks, global average pooling,
/// LayerNorm, linear head; or, instead of what follows the stages, the norms of a pyramid (see pyramid_step). Every
/// LayerNorm has eps 1e-6.
class ConvBackbone : public Backbone {
 public:
  Result<void> check_input(int64_t height, int64_t width) const override;
  int64_t macs(int64_t height, int64_t width) const override;
  void set_drop_path(double rate) override;

 protected:
  using BlockFactory = std::function<std::shared_ptr<ConvBlock>(int stage)>;
  ConvBackbone(const Architecture& architecture, const BlockFactory& make_block);

 private:
  struct Downsample;

  std::vector<std::shared_ptr<Downsample>> downsample_layers_;
  std::vector<std::vector<std::shared_ptr<ConvBlock>>> stages_;
  std::shared_ptr<LayerNorm> norm_;  ///< of a classifier
  std::shared_ptr<Linear> head_;
};

}  // namespace orderscope
