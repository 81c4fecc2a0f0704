// SPDX-License-Identifier: GPL-3.0-or-later
// Depthwise convolution of channels-last activations. A warp holds 32 neighbouring channels of a strip of pixels in a
// row, so that every read and write is one stretch of memory, and every value that is read serves K outputs of the
// strip. Weights lie in shared memory: they are read in their stored order, [C, K * K], and turned round on the way.
#include "core/cuda/kernels.h"

namespace orderscope::cuda {

namespace {

constexpr int kChannels = 32;  // of a block: a warp
constexpr int kWarps = 8;      // of a block: one strip each
constexpr int kStrip = 4;      // pixels of a row

template <class T, int K>
__global__ void __launch_bounds__(kChannels* kWarps)
    depthwise_kernel(DeviceImages<T> x, const T* __restrict__ weight, const T* __restrict__ bias, T scale,
                     bool mirrored, T* __restrict__ y) {
  __shared__ T taps[K * K][kChannels + 1];
  const int first_channel = blockIdx.y * kChannels;
  for (int i = threadIdx.y * kChannels + threadIdx.x; i < kChannels * K * K; i += kChannels * kWarps) {
    const int channel = i / (K * K), tap = i % (K * K);
    if (first_channel + channel < x.channels)
      taps[mirrored ? K * K - 1 - tap : tap][channel] = weight[static_cast<int64_t>(first_channel) * K * K + i] * scale;
  }
  __syncthreads();

  const int channel = first_channel + threadIdx.x;
  const int strips = (x.width + kStrip - 1) / kStrip;
  const int64_t place = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.y;
  if (channel >= x.channels || place >= static_cast<int64_t>(strips) * x.height) return;
  const int row = static_cast<int>(place / strips), column = static_cast<int>(place % strips) * kStrip;

  T sums[kStrip];
  const T offset = bias ? bias[channel] * scale : T(0);
#pragma unroll
  for (int j = 0; j < kStrip; ++j) sums[j] = offset;

  const T* image = x.data + blockIdx.z * x.image_stride + channel;
#pragma unroll
  for (int ky = 0; ky < K; ++ky) {
    const int from = row + ky - K / 2;
    if (from < 0 || from >= x.height) continue;
    T values[kStrip + K - 1];
#pragma unroll
    for (int j = 0; j < kStrip + K - 1; ++j) {
      const int at = column + j - K / 2;
      values[j] = at >= 0 && at < x.width ? image[from * x.row_stride + at * x.pixel_stride] : T(0);
    }
#pragma unroll
    for (int kx = 0; kx < K; ++kx) {
      const T tap = taps[ky * K + kx][threadIdx.x];
#pragma unroll
      for (int j = 0; j < kStrip; ++j) sums[j] += values[j + kx] * tap;
    }
  }
  T* out = y + ((static_cast<int64_t>(blockIdx.z) * x.height + row) * x.width + column) * x.channels + channel;
#pragma unroll
  for (int j = 0; j < kStrip; ++j)
    if (column + j < x.width) out[static_cast<int64_t>(j) * x.channels] = sums[j];
}

template <class T, int K>
void launch(const DeviceImages<T>& x, const T* weight, const T* bias, double scale, bool mirrored, T* y,
            CUstream_st* stream) {
  const int64_t strips = static_cast<int64_t>((x.width + kStrip - 1) / kStrip) * x.height;
  const dim3 grid(static_cast<unsigned>((strips + kWarps - 1) / kWarps),
                  static_cast<unsigned>((x.channels + kChannels - 1) / kChannels), static_cast<unsigned>(x.images));
  depthwise_kernel<T, K>
      <<<grid, dim3(kChannels, kWarps), 0, stream>>>(x, weight, bias, static_cast<T>(scale), mirrored, y);
}

}  // namespace

template <class T>
void depthwise(const DeviceImages<T>& x, const T* weight, const T* bias, double scale, bool mirrored, T* y, int k,
               CUstream_st* stream) {
  switch (k) {
    case 3: launch<T, 3>(x, weight, bias, scale, mirrored, y, stream); break;
    case 5: launch<T, 5>(x, weight, bias, scale, mirrored, y, stream); break;
    case 7: launch<T, 7>(x, weight, bias, scale, mirrored, y, stream); break;
  }
}

template void depthwise<float>(const DeviceImages<float>&, const float*, const float*, double, bool, float*, int,
                               CUstream_st*);
template void depthwise<double>(const DeviceImages<double>&, const double*, const double*, double, bool, double*, int,
                                CUstream_st*);

}  // namespace orderscope::cuda
