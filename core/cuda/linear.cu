// SPDX-License-Identifier: GPL-3.0-or-later
// Matrix products with few rows, in float32. At 14 x 14 tokens a network's products have some tens of millions of
// multiply-adds: in the large tiles of a library they keep a few multiprocessors busy, which then wait for memory most
// of the time. Here a block makes 32 x 32 results, so that there are blocks for all multiprocessors, and its groups of
// threads each take every so many-th slice of the depth, so that many loads are under way at once. The groups' sums are
// added in their order: the same result every time.
#include <cuda_pipeline.h>

#include "core/cuda/kernels.h"

namespace orderscope::cuda {

namespace {

constexpr int kTile = 32;   // results of a block in each direction
constexpr int kDepth = 32;  // of a slice
constexpr int kGroupThreads = 128;
constexpr int kRows = 2, kColumns = 4;  // results of a thread
constexpr int kStages = 3;              // slices of a group that are in shared memory or on their way
constexpr int kStride = kDepth + 4;     // of a line in shared memory: 16-byte aligned, neighbours in different banks
constexpr int kPieces = kTile * kDepth / 4 / kGroupThreads;  // float4 a thread, operand and slice

/// One group's share of a stage. `a` holds rows of the left operand, `b` columns of the right one (Transposed) or its
/// depths.
struct Slice {
  float a[kTile][kStride];
  float b[kTile][kStride];
};
static_assert(kTile == kDepth, "a slice of b has as many depths as columns");

__device__ float gelu(float x) { return 0.5F * x * (1.0F + erff(x * 0.70710678118654752F)); }

/// b is [n, k] if Transposed (a weight as it is stored, y = a b^T), else [k, n]. k, and n if not Transposed, are
/// multiples of 4, rows begin at 16 bytes.
template <int Groups, bool Transposed, bool Gelu>
__global__ void __launch_bounds__(kGroupThreads* Groups)
    product_kernel(const float* __restrict__ a, int64_t stride_a, const float* __restrict__ b, int64_t stride_b,
                   const float* __restrict__ bias, float* __restrict__ y, int m, int n, int k) {
  extern __shared__ float4 shared[];
  Slice* slices = reinterpret_cast<Slice*>(shared);  // [stage][group]
  const int group = threadIdx.x / kGroupThreads, thread = threadIdx.x % kGroupThreads;
  const int row0 = blockIdx.y * kTile, column0 = blockIdx.x * kTile;
  const int slices_of_depth = (k + kDepth - 1) / kDepth;
  const int rounds = (slices_of_depth + Groups - 1) / Groups;

  const auto fetch = [&](int round) {
    if (round < rounds) {
      Slice& slice = slices[round % kStages * Groups + group];
      const int depth0 = (round * Groups + group) * kDepth;
#pragma unroll
      for (int i = 0; i < kPieces; ++i) {
        const int piece = thread + i * kGroupThreads;
        const int line = piece / 8, at = piece % 8 * 4;
        const int row = row0 + line;
        const bool in_a = row < m && depth0 + at < k;
        __pipeline_memcpy_async(&slice.a[line][at], in_a ? a + row * stride_a + depth0 + at : a, 16, in_a ? 0 : 16);
        const int line_of_b = (Transposed ? column0 : depth0) + line, at_of_b = (Transposed ? depth0 : column0) + at;
        const bool in_b = line_of_b < (Transposed ? n : k) && at_of_b < (Transposed ? k : n);
        __pipeline_memcpy_async(&slice.b[line][at], in_b ? b + line_of_b * stride_b + at_of_b : b, 16, in_b ? 0 : 16);
      }
    }
    __pipeline_commit();  // also of nothing: the count of what to wait for stays the same
  };

  // Rows of a warp lie together; the columns of a thread are 8 apart where b's lines are columns, so that the reads of
  // a warp meet different banks.
  const int my_row = thread / 8 * kRows, my_column = Transposed ? thread % 8 : thread % 8 * kColumns;
  constexpr int kColumnStep = Transposed ? 8 : 1;

  float sums[kRows][kColumns] = {};
#pragma unroll
  for (int stage = 0; stage < kStages - 1; ++stage) fetch(stage);
  for (int round = 0; round < rounds; ++round) {
    __pipeline_wait_prior(kStages - 2);
    __syncthreads();
    fetch(round + kStages - 1);
    const Slice& slice = slices[round % kStages * Groups + group];
#pragma unroll
    for (int d = 0; d < kDepth; d += 4) {
      float xs[kRows][4], ws[kColumns][4];
#pragma unroll
      for (int i = 0; i < kRows; ++i)
        *reinterpret_cast<float4*>(xs[i]) = *reinterpret_cast<const float4*>(&slice.a[my_row + i][d]);
      if (Transposed) {
#pragma unroll
        for (int j = 0; j < kColumns; ++j)
          *reinterpret_cast<float4*>(ws[j]) = *reinterpret_cast<const float4*>(&slice.b[my_column + 8 * j][d]);
      } else {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          const float4 w = *reinterpret_cast<const float4*>(&slice.b[d + e][my_column]);
          ws[0][e] = w.x;
          ws[1][e] = w.y;
          ws[2][e] = w.z;
          ws[3][e] = w.w;
        }
      }
#pragma unroll
      for (int e = 0; e < 4; ++e)
#pragma unroll
        for (int i = 0; i < kRows; ++i)
#pragma unroll
          for (int j = 0; j < kColumns; ++j) sums[i][j] += xs[i][e] * ws[j][e];
    }
  }

  // The first group adds up what the others found.
  __syncthreads();
  float* partial = reinterpret_cast<float*>(shared);
  constexpr int kResults = kRows * kColumns;
  if (group > 0) {
#pragma unroll
    for (int i = 0; i < kRows; ++i)
#pragma unroll
      for (int j = 0; j < kColumns; ++j)
        partial[((group - 1) * kResults + i * kColumns + j) * kGroupThreads + thread] = sums[i][j];
  }
  __syncthreads();
  if (group > 0) return;
#pragma unroll
  for (int i = 0; i < kRows; ++i) {
    const int row = row0 + my_row + i;
    if (row >= m) continue;
#pragma unroll
    for (int j = 0; j < kColumns; ++j) {
      const int column = column0 + my_column + kColumnStep * j;
      if (column >= n) continue;
      float value = sums[i][j] + (bias ? bias[column] : 0.0F);
#pragma unroll
      for (int g = 0; g + 1 < Groups; ++g) value += partial[(g * kResults + i * kColumns + j) * kGroupThreads + thread];
      if (Gelu) value = gelu(value);
      y[static_cast<int64_t>(row) * n + column] = value;
    }
  }
}

template <int Groups>
constexpr int kSharedBytes = kStages* Groups* static_cast<int>(sizeof(Slice));

template <int Groups, bool Transposed, bool Gelu>
void launch(const float* a, int64_t stride_a, const float* b, int64_t stride_b, const float* bias, float* y, int m,
            int n, int k, CUstream_st* stream) {
  constexpr int kBytes = kSharedBytes<Groups>;
  const auto kernel = product_kernel<Groups, Transposed, Gelu>;
  // More than 48 KB of a block's shared memory must be asked for, once a device; again does no harm.
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes);
  const dim3 grid(static_cast<unsigned>((n + kTile - 1) / kTile), static_cast<unsigned>((m + kTile - 1) / kTile));
  kernel<<<grid, kGroupThreads * Groups, kBytes, stream>>>(a, stride_a, b, stride_b, bias, y, m, n, k);
}

template <int Groups>
void launch(const float* a, int64_t stride_a, const float* b, int64_t stride_b, bool transposed, const float* bias,
            bool with_gelu, float* y, int m, int n, int k, CUstream_st* stream) {
  const auto chosen = transposed ? (with_gelu ? launch<Groups, true, true> : launch<Groups, true, false>)
                                 : (with_gelu ? launch<Groups, false, true> : launch<Groups, false, false>);
  chosen(a, stride_a, b, stride_b, bias, y, m, n, k, stream);
}

}  // namespace

void matrix_product(const float* a, int64_t stride_a, const float* b, int64_t stride_b, bool transposed,
                    const float* bias, bool with_gelu, float* y, int m, int n, int k, CUstream_st* stream) {
  int device = 0, shared_bytes = 0;
  cudaGetDevice(&device);
  cudaDeviceGetAttribute(&shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  // Groups that find two slices each.
  const auto chosen = k >= 8 * kDepth && shared_bytes >= kSharedBytes<4>   ? launch<4>
                      : k >= 2 * kDepth && shared_bytes >= kSharedBytes<2> ? launch<2>
                                                                           : launch<1>;
  chosen(a, stride_a, b, stride_b, transposed, bias, with_gelu, y, m, n, k, stream);
}

}  // namespace orderscope::cuda
