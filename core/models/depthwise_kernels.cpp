// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/depthwise_kernels.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/base/parallel.h"

// The loops hold 256 bits of adjacent channels in a register. They are compiled for AVX2 and FMA whatever the rest of
// the program is compiled for, and called only where the CPU has both.
#if defined(__GNUC__) && defined(__x86_64__)
#define ORDERSCOPE_DEPTHWISE_KERNELS 1
#define ORDERSCOPE_AVX2 __attribute__((target("avx2,fma")))
#endif

namespace orderscope {

#ifdef ORDERSCOPE_DEPTHWISE_KERNELS

namespace {

template <class T>
struct LanesOf;
template <>
struct LanesOf<float> {
  typedef float type __attribute__((vector_size(32)));
};
template <>
struct LanesOf<double> {
  typedef double type __attribute__((vector_size(32)));
};
template <class T>
using Lanes = typename LanesOf<T>::type;

template <class T>
constexpr int lane_count = 32 / sizeof(T);

template <class T>
struct LaneDeleter {
  void operator()(Lanes<T>* lanes) const { ::operator delete[](lanes, std::align_val_t{32}); }
};

template <class T>
auto make_lanes(int64_t count) {
  void* memory = ::operator new[](static_cast<std::size_t>(count) * 32, std::align_val_t{32});
  std::memset(memory, 0, static_cast<std::size_t>(count) * 32);
  return std::unique_ptr<Lanes<T>, LaneDeleter<T>>(static_cast<Lanes<T>*>(memory));
}

/// Copies `count` <= lane_count channels of every pixel of one image to [height, width + 2 * margin] lanes; the margins
/// are left as they are (zero).
template <class T>
ORDERSCOPE_AVX2 void pack(const T* image, ImageView<const T> layout, BatchShape shape, int64_t margin, int64_t count,
                          Lanes<T>* packed) {
  for (int64_t i = 0; i < shape.height; ++i) {
    const T* pixel = image + i * layout.row_stride;
    Lanes<T>* out = packed + i * (shape.width + 2 * margin) + margin;
    if (count == lane_count<T>) {
      for (int64_t j = 0; j < shape.width; ++j) std::memcpy(out + j, pixel + j * layout.pixel_stride, 32);
    } else {
      for (int64_t j = 0; j < shape.width; ++j)
        std::memcpy(out + j, pixel + j * layout.pixel_stride, static_cast<std::size_t>(count) * sizeof(T));
    }
  }
}

/// `P` neighbouring output pixels, held in registers over all taps.
template <class T, int K, int P>
ORDERSCOPE_AVX2 inline void convolve_pixels(const Lanes<T>* rows, int64_t row_length, const Lanes<T>* taps,
                                            int tap_rows, const Lanes<T>& bias, T* out, int64_t pixel_stride,
                                            int64_t count) {
  Lanes<T> sum[P];
  for (int p = 0; p < P; ++p) sum[p] = bias;
  for (int ky = 0; ky < tap_rows; ++ky) {
    const Lanes<T>* row = rows + ky * row_length;
    const Lanes<T>* tap = taps + ky * K;
#pragma GCC unroll 7
    for (int kx = 0; kx < K; ++kx) {
#pragma GCC unroll 8
      for (int p = 0; p < P; ++p) sum[p] += tap[kx] * row[kx + p];
    }
  }
  if (count == lane_count<T>) {
    for (int p = 0; p < P; ++p) std::memcpy(out + p * pixel_stride, &sum[p], 32);
  } else {
    for (int p = 0; p < P; ++p)
      std::memcpy(out + p * pixel_stride, &sum[p], static_cast<std::size_t>(count) * sizeof(T));
  }
}

template <class T, int K>
ORDERSCOPE_AVX2 void forward_block(const Lanes<T>* packed, const Lanes<T>* taps, const Lanes<T>& bias, T* image,
                                   ImageView<T> layout, BatchShape shape, int64_t count) {
  constexpr int margin = K / 2;
  const int64_t row_length = shape.width + 2 * margin;
  for (int64_t i = 0; i < shape.height; ++i) {
    const int64_t first = std::max<int64_t>(0, margin - i);
    const int64_t last = std::min<int64_t>(K, shape.height + margin - i);
    const Lanes<T>* rows = packed + (i + first - margin) * row_length;
    const Lanes<T>* row_taps = taps + first * K;
    const int tap_rows = static_cast<int>(last - first);
    T* out = image + i * layout.row_stride;
    const int64_t stride = layout.pixel_stride;
    int64_t j = 0;
    for (; j + 8 <= shape.width; j += 8)
      convolve_pixels<T, K, 8>(rows + j, row_length, row_taps, tap_rows, bias, out + j * stride, stride, count);
    for (; j + 4 <= shape.width; j += 4)
      convolve_pixels<T, K, 4>(rows + j, row_length, row_taps, tap_rows, bias, out + j * stride, stride, count);
    for (; j < shape.width; ++j)
      convolve_pixels<T, K, 1>(rows + j, row_length, row_taps, tap_rows, bias, out + j * stride, stride, count);
  }
}

template <class T, int K>
ORDERSCOPE_AVX2 void weight_gradient_block(const Lanes<T>* x, const Lanes<T>* dy, BatchShape shape,
                                           Lanes<T>* gradient) {
  constexpr int margin = K / 2;
  const int64_t row_length = shape.width + 2 * margin;
  for (int ky = 0; ky < K; ++ky) {
    Lanes<T> sum[K];
    for (int kx = 0; kx < K; ++kx) sum[kx] = gradient[ky * K + kx];
    const int64_t first = std::max<int64_t>(0, margin - ky);
    const int64_t last = std::min<int64_t>(shape.height, shape.height + margin - ky);
    for (int64_t i = first; i < last; ++i) {
      const Lanes<T>* row = x + (i + ky - margin) * row_length;
      const Lanes<T>* dy_row = dy + i * shape.width;
      for (int64_t j = 0; j < shape.width; ++j) {
#pragma GCC unroll 7
        for (int kx = 0; kx < K; ++kx) sum[kx] += row[j + kx] * dy_row[j];
      }
    }
    for (int kx = 0; kx < K; ++kx) gradient[ky * K + kx] = sum[kx];
  }
}

template <class T, int K>
void forward(ImageView<const T> x, const T* taps, const T* bias, ImageView<T> y, BatchShape shape) {
  constexpr int lanes = lane_count<T>;
  const int64_t blocks = (shape.channels + lanes - 1) / lanes;
  auto block_taps = make_lanes<T>(blocks * (K * K + 1));
  for (int64_t b = 0; b < blocks; ++b) {
    const auto bytes = static_cast<std::size_t>(std::min<int64_t>(lanes, shape.channels - b * lanes)) * sizeof(T);
    Lanes<T>* block = block_taps.get() + b * (K * K + 1);
    for (int t = 0; t < K * K; ++t) std::memcpy(block + t, taps + t * shape.channels + b * lanes, bytes);
    if (bias != nullptr) std::memcpy(block + K * K, bias + b * lanes, bytes);
  }
  parallel_for(shape.images * blocks, 1, [&](int64_t begin, int64_t end) {
    auto packed = make_lanes<T>(shape.height * (shape.width + K - 1));
    for (int64_t task = begin; task < end; ++task) {
      const int64_t n = task / blocks;
      const int64_t c = task % blocks * lanes;
      const int64_t count = std::min<int64_t>(lanes, shape.channels - c);
      const Lanes<T>* block = block_taps.get() + task % blocks * (K * K + 1);
      pack<T>(x.data + n * x.image_stride + c, x, shape, K / 2, count, packed.get());
      forward_block<T, K>(packed.get(), block, block[K * K], y.data + n * y.image_stride + c, y, shape, count);
    }
  });
}

template <class T, int K>
void weight_gradient(ImageView<const T> x, ImageView<const T> dy, T* gradient, BatchShape shape) {
  constexpr int lanes = lane_count<T>;
  const int64_t blocks = (shape.channels + lanes - 1) / lanes;
  parallel_for(blocks, 1, [&](int64_t begin, int64_t end) {
    auto packed_x = make_lanes<T>(shape.height * (shape.width + K - 1));
    auto packed_dy = make_lanes<T>(shape.height * shape.width);
    auto sums = make_lanes<T>((end - begin) * K * K);
    // Images outside, channels inside: neighbouring channels share cache lines.
    for (int64_t n = 0; n < shape.images; ++n) {
      for (int64_t b = begin; b < end; ++b) {
        const int64_t c = b * lanes;
        const int64_t count = std::min<int64_t>(lanes, shape.channels - c);
        pack<T>(x.data + n * x.image_stride + c, x, shape, K / 2, count, packed_x.get());
        pack<T>(dy.data + n * dy.image_stride + c, dy, shape, 0, count, packed_dy.get());
        weight_gradient_block<T, K>(packed_x.get(), packed_dy.get(), shape, sums.get() + (b - begin) * K * K);
      }
    }
    for (int64_t b = begin; b < end; ++b) {
      const auto bytes = static_cast<std::size_t>(std::min<int64_t>(lanes, shape.channels - b * lanes)) * sizeof(T);
      for (int t = 0; t < K * K; ++t)
        std::memcpy(gradient + t * shape.channels + b * lanes, sums.get() + (b - begin) * K * K + t, bytes);
    }
  });
}

}  // namespace

bool has_depthwise_kernels(int64_t kernel_size) {
  static const bool supported = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return supported && (kernel_size == 3 || kernel_size == 5 || kernel_size == 7);
}

template <class T>
void depthwise_forward(ImageView<const T> x, const T* taps, const T* bias, ImageView<T> y, BatchShape shape,
                       int64_t kernel_size) {
  if (kernel_size == 3) forward<T, 3>(x, taps, bias, y, shape);
  if (kernel_size == 5) forward<T, 5>(x, taps, bias, y, shape);
  if (kernel_size == 7) forward<T, 7>(x, taps, bias, y, shape);
}

template <class T>
void depthwise_weight_gradient(ImageView<const T> x, ImageView<const T> dy, T* gradient, BatchShape shape,
                               int64_t kernel_size) {
  if (kernel_size == 3) weight_gradient<T, 3>(x, dy, gradient, shape);
  if (kernel_size == 5) weight_gradient<T, 5>(x, dy, gradient, shape);
  if (kernel_size == 7) weight_gradient<T, 7>(x, dy, gradient, shape);
}

#else

bool has_depthwise_kernels(int64_t) { return false; }

template <class T>
void depthwise_forward(ImageView<const T>, const T*, const T*, ImageView<T>, BatchShape, int64_t) {}

template <class T>
void depthwise_weight_gradient(ImageView<const T>, ImageView<const T>, T*, BatchShape, int64_t) {}

#endif

template void depthwise_forward<float>(ImageView<const float>, const float*, const float*, ImageView<float>, BatchShape,
                                       int64_t);
template void depthwise_forward<double>(ImageView<const double>, const double*, const double*, ImageView<double>,
                                        BatchShape, int64_t);
template void depthwise_weight_gradient<float>(ImageView<const float>, ImageView<const float>, float*, BatchShape,
                                               int64_t);
template void depthwise_weight_gradient<double>(ImageView<const double>, ImageView<const double>, double*, BatchShape,
                                                int64_t);

}  // namespace orderscope
