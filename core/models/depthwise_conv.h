// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace orderscope {

/// Depthwise convolution, stride 1, zero padding k / 2, of x [N, H, W, C] with scale * weight [C, 1, k, k] (k odd) and
/// scale * bias [C]; gives [N, H, W, C]. Equal to at::conv2d on the channels-last view up to rounding, with all
/// gradients; made because LibTorch's weight gradient takes many times as long as its data gradient on a CPU, and
/// because on a GPU it lays channels-last images out anew. x may be a slice of the channels of a larger tensor: it is
/// read in place. Where the fast loops do not fit (other types, k > 7, no AVX2, no CUDA in this build) it is
/// at::conv2d.
at::Tensor depthwise_conv(const at::Tensor& x, const at::Tensor& weight,
                          const std::optional<at::Tensor>& bias = std::nullopt, double scale = 1.0);

}  // namespace orderscope
