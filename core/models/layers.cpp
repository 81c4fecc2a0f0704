// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/layers.h"

#include <ATen/ATen.h>

#include "core/models/depthwise_conv.h"
#include "core/models/linear.h"

namespace orderscope {

at::Tensor widened(const at::Tensor& x) { return x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x; }

Linear::Linear(int64_t in, int64_t out, bool has_bias, bool pointwise) {
  weight = register_parameter("weight", pointwise ? at::empty({out, in, 1, 1}) : at::empty({out, in}));
  if (has_bias) bias = register_parameter("bias", at::empty({out}));
}

at::Tensor Linear::matrix() const { return weight.dim() == 4 ? weight.flatten(1) : weight; }

at::Tensor Linear::forward(const at::Tensor& x) const { return fast_linear(x, matrix(), bias); }

LayerNorm::LayerNorm(int64_t channels, double eps) : eps_(eps) {
  weight = register_parameter("weight", at::empty({channels}));
  bias = register_parameter("bias", at::empty({channels}));
}

at::Tensor LayerNorm::forward_scaled(const at::Tensor& x, double scale) const {
  if (scale == 1.0) return at::layer_norm(x, weight.sizes(), weight, bias, eps_);
  return at::layer_norm(x, weight.sizes(), weight * scale, bias * scale, eps_);
}

PatchConv::PatchConv(int64_t in, int64_t out, int64_t kernel) {
  weight = register_parameter("weight", at::empty({out, in, kernel, kernel}));
  bias = register_parameter("bias", at::empty({out}));
}

at::Tensor PatchConv::forward(const at::Tensor& in) const {
  const at::Tensor x = in.to(weight.scalar_type());  // images come in float32
  const int64_t kernel = weight.size(2);
  if (x.is_cuda()) {
    // As a matrix product on patches: cuDNN would lay image and result out anew, and round to TF32 unless told not to.
    const int64_t rows = x.size(1) / kernel, columns = x.size(2) / kernel, channels = x.size(3);
    const at::Tensor patches = x.slice(1, 0, rows * kernel)
                                   .slice(2, 0, columns * kernel)
                                   .reshape({x.size(0), rows, kernel, columns, kernel, channels})
                                   .permute({0, 1, 3, 5, 2, 4})
                                   .reshape({x.size(0), rows, columns, channels * kernel * kernel});
    return fast_linear(patches, weight.flatten(1), bias);
  }
  const at::Tensor y = at::conv2d(x.permute({0, 3, 1, 2}), weight, bias, {kernel, kernel});
  return y.permute({0, 2, 3, 1}).contiguous();
}

DepthwiseConv::DepthwiseConv(int64_t channels, int64_t kernel, bool has_bias) {
  weight = register_parameter("weight", at::empty({channels, 1, kernel, kernel}));
  if (has_bias) bias = register_parameter("bias", at::empty({channels}));
}

at::Tensor DepthwiseConv::forward_scaled(const at::Tensor& x, double scale) const {
  return depthwise_conv(x, weight, bias.defined() ? std::optional(bias) : std::nullopt, scale);
}

at::Tensor add_branch(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& branch, double drop_path,
                      bool training) {
  at::Tensor factor = gamma;
  if (training && drop_path > 0) {
    at::Tensor keep = at::empty({x.size(0), 1, 1, 1}, x.options()).bernoulli_(1.0 - drop_path).div_(1.0 - drop_path);
    factor = gamma.defined() ? keep * gamma : keep;
  }
  return factor.defined() ? at::addcmul(x, branch, factor) : x + branch;
}

}  // namespace orderscope
