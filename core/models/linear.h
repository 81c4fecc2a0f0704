// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace orderscope {

/// y = x W^T + b over the last dimension of x [..., in]; weight [out, in], bias [out] or undefined. Equal to at::linear
/// up to rounding. On CPUs with AVX-512, float32 products go to oneDNN, whose kernels use it on every vendor's CPU (MKL
/// takes AVX2 on AMD's, at less than half the speed), and on CUDA devices those with few rows to a kernel of ours; with
/// the gradient of x, not of weight and bias: where those are wanted, and everywhere else, it is at::linear.
at::Tensor fast_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// GELU (exact, by erf) of fast_linear(x, weight, bias). In one pass where nobody records gradients and it is not
/// at::linear.
at::Tensor fast_linear_gelu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace orderscope
