// SPDX-License-Identifier: GPL-3.0-or-later
// Maps from activations: a warp reduces the channels of a pixel, which lie side by side.
#include "core/cuda/kernels.h"

namespace orderscope::cuda {

namespace {

constexpr int kLanes = 32;
constexpr int kThreads = 256;

__device__ float over_warp(float x) {
#pragma unroll
  for (int offset = kLanes / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(0xffffffff, x, offset);
  return x;
}

__global__ void reduce_kernel(const float* __restrict__ x, int64_t stride, int64_t rows, int channels,
                              float* __restrict__ out) {
  const int64_t row = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) / kLanes;
  if (row >= rows) return;
  const int lane = threadIdx.x % kLanes;
  const float* values = x + row * stride;
  float sum = 0, magnitudes = 0, squares = 0;
  for (int c = lane; c < channels; c += kLanes) {
    const float v = values[c];
    sum += v;
    magnitudes += fabsf(v);
    squares += v * v;
  }
  sum = over_warp(sum);
  magnitudes = over_warp(magnitudes);
  squares = over_warp(squares);
  if (lane != 0) return;
  out[row] = sum / channels;
  out[rows + row] = magnitudes / channels;
  out[2 * rows + row] = sqrtf(squares);
}

__global__ void dot_kernel(const float* __restrict__ a, int64_t stride_a, const float* __restrict__ b, int64_t stride_b,
                           int64_t rows, int channels, float* __restrict__ out) {
  const int64_t row = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) / kLanes;
  if (row >= rows) return;
  const int lane = threadIdx.x % kLanes;
  float sum = 0;
  for (int c = lane; c < channels; c += kLanes) sum += a[row * stride_a + c] * b[row * stride_b + c];
  sum = over_warp(sum);
  if (lane == 0) out[row] = sum;
}

unsigned blocks(int64_t rows) { return static_cast<unsigned>((rows * kLanes + kThreads - 1) / kThreads); }

}  // namespace

void reduce_rows(const float* x, int64_t stride, int64_t rows, int channels, float* out, CUstream_st* stream) {
  reduce_kernel<<<blocks(rows), kThreads, 0, stream>>>(x, stride, rows, channels, out);
}

void dot_rows(const float* a, int64_t stride_a, const float* b, int64_t stride_b, int64_t rows, int channels,
              float* out, CUstream_st* stream) {
  dot_kernel<<<blocks(rows), kThreads, 0, stream>>>(a, stride_a, b, stride_b, rows, channels, out);
}

}  // namespace orderscope::cuda
