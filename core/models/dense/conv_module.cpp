// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/conv_module.h"

#include <ATen/ATen.h>

#include "core/models/linear.h"

namespace orderscope {

namespace {
constexpr double kBatchNormEps = 1e-5;
}

FrozenBatchNorm::FrozenBatchNorm(int64_t channels) {
  weight_ = register_parameter("weight", at::empty({channels}));
  bias_ = register_parameter("bias", at::empty({channels}));
  running_mean_ = register_parameter("running_mean", at::empty({channels}));
  running_var_ = register_parameter("running_var", at::empty({channels}));
}

at::Tensor FrozenBatchNorm::scale() const { return weight_ / (running_var_ + kBatchNormEps).sqrt(); }
at::Tensor FrozenBatchNorm::shift() const { return bias_ - running_mean_ * scale(); }
at::Tensor FrozenBatchNorm::forward(const at::Tensor& x) const { return at::addcmul(shift(), x, scale()); }

Conv::Conv(const ConvShape& shape) {
  weight = register_parameter("weight", at::empty({shape.out, shape.in, shape.kernel, shape.kernel}));
  if (shape.bias) bias = register_parameter("bias", at::empty({shape.out}));
}

namespace {

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t kernel = weight.size(2);
  if (kernel == 1) return fast_linear(x, weight.flatten(1), bias);
  const at::Tensor y = at::conv2d(x.permute({0, 3, 1, 2}), weight, bias, 1, kernel / 2);
  return y.permute({0, 2, 3, 1}).contiguous();
}

}  // namespace

at::Tensor Conv::forward(const at::Tensor& x) const { return convolve(x, weight, bias); }

at::Tensor Conv::forward_scaled(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) const {
  return convolve(x, weight * scale.view({-1, 1, 1, 1}), bias.defined() ? at::addcmul(shift, bias, scale) : shift);
}

ConvModule::ConvModule(const ConvShape& shape, bool relu) : relu_(relu) {
  conv_ = register_module("conv", std::make_shared<Conv>(shape));
  if (shape.norm) bn_ = register_module("bn", std::make_shared<FrozenBatchNorm>(shape.out));
}

at::Tensor ConvModule::forward(const at::Tensor& x) const {
  const at::Tensor y = bn_ ? conv_->forward_scaled(x, bn_->scale(), bn_->shift()) : conv_->forward(x);
  return relu_ ? y.relu() : y;
}

}  // namespace orderscope
