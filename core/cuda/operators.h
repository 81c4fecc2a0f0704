// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace orderscope::cuda {

// Tensors into our own CUDA kernels, on the current stream of their device. In a build without CUDA none of them fits,
// and the callers take LibTorch's operations.

/// True if `depthwise` takes these: x [N, H, W, C] with adjacent channels, weight [C, 1, k, k], on one CUDA device,
/// float or double.
bool depthwise_fits(const at::Tensor& x, const at::Tensor& weight);

/// See depthwise_conv: scale * (x convolved with weight, plus bias); `mirrored`: with the weight turned round its
/// middle. `bias` may be undefined.
at::Tensor depthwise(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double scale,
                     bool mirrored);

/// True if `reduce_rows` and `dot_rows` take [rows, channels]: float on a CUDA device, adjacent channels.
bool rows_fit(const at::Tensor& rows);

/// Mean, mean absolute value and L2 norm of each row, written to `out`, [3, rows] contiguous.
void reduce_rows(const at::Tensor& rows, const at::Tensor& out);

/// Scalar products of the rows of a and b, written to `out`, [rows] contiguous.
void dot_rows(const at::Tensor& a, const at::Tensor& b, const at::Tensor& out);

/// True if `linear` takes these: float, at most some hundred million multiply-adds; weight [out, in], as it is stored
/// or the transpose of a stored one. Faster than LibTorch's in most such shapes, not in all: see docs/performance.md.
bool linear_fits(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// x W^T + bias over the last dimension, or gelu of it. `bias` may be undefined.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool with_gelu);

}  // namespace orderscope::cuda
