// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

struct CUstream_st;  // what cudaStream_t points to: no CUDA header needed here

namespace orderscope::cuda {

/// x [N, H, W, C] in device memory, channels adjacent; strides in elements.
template <class T>
struct DeviceImages {
  const T* data = nullptr;
  int64_t image_stride = 0, row_stride = 0, pixel_stride = 0;
  int images = 0, height = 0, width = 0, channels = 0;
};

constexpr int kLargestDepthwiseKernel = 7;
constexpr int kMostImages = 65535;  ///< of one launch

/// y = x convolved with scale * weight [C, k * k] (mirrored at its middle if `mirrored`, which makes it the gradient of
/// the data), plus scale * bias [C] if not null; y [N, H, W, C] contiguous. k is 3, 5 or 7, T float or double.
template <class T>
void depthwise(const DeviceImages<T>& x, const T* weight, const T* bias, double scale, bool mirrored, T* y, int k,
               CUstream_st* stream);

/// Rows of `channels` values that begin `stride` apart: means, mean absolute values and L2 norms, [3, rows].
void reduce_rows(const float* x, int64_t stride, int64_t rows, int channels, float* out, CUstream_st* stream);

/// Scalar products of rows of a and b, [rows].
void dot_rows(const float* a, int64_t stride_a, const float* b, int64_t stride_b, int64_t rows, int channels,
              float* out, CUstream_st* stream);

/// y = a b + bias, or gelu (exact, by erf) of it: a [m, k], b [k, n], or [n, k] if `transposed`, y [m, n] contiguous,
/// bias [n] or null; rows of a and b begin `stride` apart. For few rows, see linear.cu.
void matrix_product(const float* a, int64_t stride_a, const float* b, int64_t stride_b, bool transposed,
                    const float* bias, bool with_gelu, float* y, int m, int n, int k, CUstream_st* stream);

}  // namespace orderscope::cuda
