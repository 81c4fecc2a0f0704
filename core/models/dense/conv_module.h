// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "core/checkpoint/dense_architecture.h"
#include "core/models/layers.h"

namespace orderscope {

/// BatchNorm with running statistics, as it is at inference (SyncBN alike): eps 1e-5. Over the last dimension.
class FrozenBatchNorm : public torch::nn::Module {
 public:
  explicit FrozenBatchNorm(int64_t channels);
  at::Tensor forward(const at::Tensor& x) const;

  /// y = x * scale + shift, which it comes to: [C] each.
  at::Tensor scale() const;
  at::Tensor shift() const;

 private:
  // The statistics are registered as parameters, for they are read from the file as the others are.
  at::Tensor weight_, bias_, running_mean_, running_var_;
};

/// A convolution with an odd kernel, stride 1 and same padding over [N, H, W, C].
class Conv : public torch::nn::Module {
 public:
  explicit Conv(const ConvShape& shape);
  at::Tensor forward(const at::Tensor& x) const;
  /// The same with each output channel times `scale` and plus `shift`, folded into the weights.
  at::Tensor forward_scaled(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) const;
  int64_t macs(int64_t pixels) const { return pixels * weight.numel(); }

  at::Tensor weight, bias;
};

/// mmcv's ConvModule: convolution, BatchNorm where the shape has one, ReLU where asked for.
class ConvModule : public torch::nn::Module {
 public:
  ConvModule(const ConvShape& shape, bool relu);
  at::Tensor forward(const at::Tensor& x) const;  ///< [N, H, W, in] to [N, H, W, out]
  int64_t macs(int64_t pixels) const { return conv_->macs(pixels); }

 private:
  bool relu_;
  std::shared_ptr<Conv> conv_;
  std::shared_ptr<FrozenBatchNorm> bn_;
};

}  // namespace orderscope
