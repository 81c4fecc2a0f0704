// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/row_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "core/base/vectorised.h"

namespace orderscope {

namespace {

/// Partial sums side by side: the compiler may not reorder a sum by itself.
template <class T>
struct Lanes;
template <>
struct Lanes<float> {
  typedef float type __attribute__((vector_size(64)));
};
template <>
struct Lanes<double> {
  typedef double type __attribute__((vector_size(64)));
};
template <class T>
constexpr std::int64_t lane_count = 64 / sizeof(T);

template <class T>
ORDERSCOPE_INLINE T sum_row(const T* x, std::int64_t count) {
  typename Lanes<T>::type sums = {};
  std::int64_t i = 0;
  for (; i + lane_count<T> <= count; i += lane_count<T>) {
    typename Lanes<T>::type v;
    std::memcpy(&v, x + i, sizeof v);
    sums += v;
  }
  T sum = 0;
  for (std::int64_t j = 0; j < lane_count<T>; ++j) sum += sums[j];
  for (; i < count; ++i) sum += x[i];
  return sum;
}

template <class T>
ORDERSCOPE_INLINE T sum_squares(const T* x, T mean, std::int64_t count) {
  typename Lanes<T>::type sums = {};
  std::int64_t i = 0;
  for (; i + lane_count<T> <= count; i += lane_count<T>) {
    typename Lanes<T>::type v;
    std::memcpy(&v, x + i, sizeof v);
    v -= mean;
    sums += v * v;
  }
  T sum = 0;
  for (std::int64_t j = 0; j < lane_count<T>; ++j) sum += sums[j];
  for (; i < count; ++i) sum += (x[i] - mean) * (x[i] - mean);
  return sum;
}

/// Sums of dy * weight, and of that times x - mean.
template <class T>
ORDERSCOPE_INLINE void sum_products(const T* x, const T* dy, const T* weight, T mean, std::int64_t count, T& plain,
                                    T& projected) {
  typename Lanes<T>::type plains = {}, projecteds = {};
  std::int64_t i = 0;
  for (; i + lane_count<T> <= count; i += lane_count<T>) {
    typename Lanes<T>::type v, d, w;
    std::memcpy(&v, x + i, sizeof v);
    std::memcpy(&d, dy + i, sizeof d);
    std::memcpy(&w, weight + i, sizeof w);
    d *= w;
    plains += d;
    projecteds += d * (v - mean);
  }
  plain = projected = 0;
  for (std::int64_t j = 0; j < lane_count<T>; ++j) {
    plain += plains[j];
    projected += projecteds[j];
  }
  for (; i < count; ++i) {
    plain += dy[i] * weight[i];
    projected += dy[i] * weight[i] * (x[i] - mean);
  }
}

template <class T>
ORDERSCOPE_INLINE void norm_rows(const T* x, std::int64_t rows, std::int64_t channels, const RowNorm<T>& norm, T* y) {
  const T count = static_cast<T>(channels);
  for (std::int64_t row = 0; row < rows; ++row, x += channels, y += channels) {
    const T mean = sum_row(x, channels) / count;
    const T scale = 1 / std::sqrt(sum_squares(x, mean, channels) / count + norm.eps);
    for (std::int64_t i = 0; i < channels; ++i) y[i] = (x[i] - mean) * scale * norm.weight[i] + norm.bias[i];
  }
}

template <class T>
ORDERSCOPE_INLINE void norm_gradient_rows(const T* x, const T* dy, const T* add, std::int64_t rows,
                                          std::int64_t channels, const RowNorm<T>& norm, T* dx) {
  const T count = static_cast<T>(channels);
  for (std::int64_t row = 0; row < rows; ++row, x += channels, dy += channels, dx += channels) {
    const T mean = sum_row(x, channels) / count;
    const T scale = 1 / std::sqrt(sum_squares(x, mean, channels) / count + norm.eps);
    T plain, projected;
    sum_products(x, dy, norm.weight, mean, channels, plain, projected);
    const T level = plain / count, slope = projected * scale * scale / count;
    if (add) {
      for (std::int64_t i = 0; i < channels; ++i)
        dx[i] = add[i] + scale * (dy[i] * norm.weight[i] - level - slope * (x[i] - mean));
      add += channels;
    } else {
      for (std::int64_t i = 0; i < channels; ++i)
        dx[i] = scale * (dy[i] * norm.weight[i] - level - slope * (x[i] - mean));
    }
  }
}

using Floats = Lanes<float>::type;
typedef std::int32_t Ints __attribute__((vector_size(64)));

// Vectors go by reference only: how one is passed by value depends on the instruction set.

/// e = exp(x) for x <= 0, to two units in the last place; 0 below -87.
ORDERSCOPE_INLINE void exp_of_negative(const Floats& x, Floats& e) {
  constexpr float kLog2E = 1.44269504F, kLn2High = 0.693145752F, kLn2Low = 1.42860677e-6F;
  const Floats bounded = x < -87.0F ? Floats{} - 87.0F : x;
  const Ints exponent = __builtin_convertvector(bounded * kLog2E - 0.5F, Ints);
  const Floats n = __builtin_convertvector(exponent, Floats);
  const Floats r = (bounded - n * kLn2High) - n * kLn2Low;
  Floats p = r * (1.0F / 720) + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const Floats power = reinterpret_cast<Floats>((exponent + 127) << 23);
  e = x < -87.0F ? Floats{} : p * power;
}

/// The standard normal distribution at x: cumulative probability and density.
ORDERSCOPE_INLINE void normal(const Floats& x, Floats& cumulative, Floats& density) {
  constexpr float kOverRoot2 = 0.707106781F, kOverRoot2Pi = 0.398942280F;
  Floats e;
  exp_of_negative(x * x * -0.5F, e);
  const Floats z = (x < 0.0F ? -x : x) * kOverRoot2;
  const Floats t = 1.0F / (z * 0.3275911F + 1.0F);
  Floats p = t * 1.061405429F - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const Floats tail = p * t * e * 0.5F;
  cumulative = x < 0.0F ? tail : 1.0F - tail;
  density = e * kOverRoot2Pi;
}

ORDERSCOPE_INLINE void normal(double x, double& cumulative, double& density) {
  constexpr double kRoot2 = 1.4142135623730951, kOverRoot2Pi = 0.3989422804014327;
  cumulative = 0.5 * std::erfc(-x / kRoot2);
  density = kOverRoot2Pi * std::exp(-0.5 * x * x);
}

/// In V, lanes of floats or one double: `count` values, at most as many as V has.
template <class V, class T>
ORDERSCOPE_INLINE void gelu_some(const T* x, std::size_t count, T* y) {
  V v = {}, cumulative, density;
  std::memcpy(&v, x, count * sizeof(T));
  normal(v, cumulative, density);
  v *= cumulative;
  std::memcpy(y, &v, count * sizeof(T));
}

template <class V, class T>
ORDERSCOPE_INLINE void gelu_slope_some(const T* x, std::size_t count, T* dy) {
  V v = {}, d = {}, cumulative, density;
  std::memcpy(&v, x, count * sizeof(T));
  std::memcpy(&d, dy, count * sizeof(T));
  normal(v, cumulative, density);
  d *= cumulative + v * density;
  std::memcpy(dy, &d, count * sizeof(T));
}

template <class V, class T>
ORDERSCOPE_INLINE void gelu(const T* x, std::int64_t count, T* y) {
  constexpr std::int64_t step = sizeof(V) / sizeof(T);
  std::int64_t i = 0;
  for (; i + step <= count; i += step) gelu_some<V>(x + i, step, y + i);
  if (i < count) gelu_some<V>(x + i, static_cast<std::size_t>(count - i), y + i);
}

template <class V, class T>
ORDERSCOPE_INLINE void gelu_slope(const T* x, std::int64_t count, T* dy) {
  constexpr std::int64_t step = sizeof(V) / sizeof(T);
  std::int64_t i = 0;
  for (; i + step <= count; i += step) gelu_slope_some<V>(x + i, step, dy + i);
  if (i < count) gelu_slope_some<V>(x + i, static_cast<std::size_t>(count - i), dy + i);
}

template <class T>
ORDERSCOPE_INLINE void add_scaled(const T* x, const T* gamma, const T* branch, std::int64_t rows, std::int64_t channels,
                                  T* y) {
  if (!gamma) {
    for (std::int64_t i = 0; i < rows * channels; ++i) y[i] = x[i] + branch[i];
    return;
  }
  for (std::int64_t row = 0; row < rows; ++row, x += channels, branch += channels, y += channels)
    for (std::int64_t i = 0; i < channels; ++i) y[i] = x[i] + gamma[i] * branch[i];
}

template <class T>
ORDERSCOPE_INLINE void scale(const T* x, const T* gamma, std::int64_t rows, std::int64_t channels, T* y) {
  for (std::int64_t row = 0; row < rows; ++row, x += channels, y += channels)
    for (std::int64_t i = 0; i < channels; ++i) y[i] = gamma[i] * x[i];
}

template <class T>
ORDERSCOPE_INLINE void multiply(const T* a, std::int64_t a_stride, const T* b, std::int64_t b_stride, std::int64_t rows,
                                std::int64_t channels, T* y, std::int64_t y_stride) {
  for (std::int64_t row = 0; row < rows; ++row, a += a_stride, b += b_stride, y += y_stride)
    for (std::int64_t i = 0; i < channels; ++i) y[i] = a[i] * b[i];
}

// The loader picks among functions that are no templates.

ORDERSCOPE_VECTORISED void float_norm(const float* x, std::int64_t rows, std::int64_t channels,
                                      const RowNorm<float>& norm, float* y) {
  norm_rows(x, rows, channels, norm, y);
}

ORDERSCOPE_VECTORISED void float_norm_gradient(const float* x, const float* dy, const float* add, std::int64_t rows,
                                               std::int64_t channels, const RowNorm<float>& norm, float* dx) {
  norm_gradient_rows(x, dy, add, rows, channels, norm, dx);
}

ORDERSCOPE_VECTORISED void float_gelu(const float* x, std::int64_t count, float* y) { gelu<Floats>(x, count, y); }

ORDERSCOPE_VECTORISED void float_gelu_slope(const float* x, std::int64_t count, float* dy) {
  gelu_slope<Floats>(x, count, dy);
}

ORDERSCOPE_VECTORISED void float_add_scaled(const float* x, const float* gamma, const float* branch, std::int64_t rows,
                                            std::int64_t channels, float* y) {
  add_scaled(x, gamma, branch, rows, channels, y);
}

ORDERSCOPE_VECTORISED void float_scale(const float* x, const float* gamma, std::int64_t rows, std::int64_t channels,
                                       float* y) {
  scale(x, gamma, rows, channels, y);
}

ORDERSCOPE_VECTORISED void float_multiply(const float* a, std::int64_t a_stride, const float* b, std::int64_t b_stride,
                                          std::int64_t rows, std::int64_t channels, float* y, std::int64_t y_stride) {
  multiply(a, a_stride, b, b_stride, rows, channels, y, y_stride);
}

template <class T>
constexpr bool is_float = std::is_same_v<T, float>;

}  // namespace

template <class T>
void layer_norm_rows(const T* x, std::int64_t rows, std::int64_t channels, const RowNorm<T>& norm, T* y) {
  if constexpr (is_float<T>)
    return float_norm(x, rows, channels, norm, y);
  else
    norm_rows(x, rows, channels, norm, y);
}

template <class T>
void layer_norm_gradient_rows(const T* x, const T* dy, const T* add, std::int64_t rows, std::int64_t channels,
                              const RowNorm<T>& norm, T* dx) {
  if constexpr (is_float<T>)
    return float_norm_gradient(x, dy, add, rows, channels, norm, dx);
  else
    norm_gradient_rows(x, dy, add, rows, channels, norm, dx);
}

template <class T>
void gelu_values(const T* x, std::int64_t count, T* y) {
  if constexpr (is_float<T>)
    return float_gelu(x, count, y);
  else
    gelu<T>(x, count, y);
}

template <class T>
void multiply_by_gelu_slope(const T* x, std::int64_t count, T* dy) {
  if constexpr (is_float<T>)
    return float_gelu_slope(x, count, dy);
  else
    gelu_slope<T>(x, count, dy);
}

template <class T>
void add_scaled_rows(const T* x, const T* gamma, const T* branch, std::int64_t rows, std::int64_t channels, T* y) {
  if constexpr (is_float<T>)
    return float_add_scaled(x, gamma, branch, rows, channels, y);
  else
    add_scaled(x, gamma, branch, rows, channels, y);
}

template <class T>
void multiply_rows(const T* a, std::int64_t a_stride, const T* b, std::int64_t b_stride, std::int64_t rows,
                   std::int64_t channels, T* y, std::int64_t y_stride) {
  if constexpr (is_float<T>)
    return float_multiply(a, a_stride, b, b_stride, rows, channels, y, y_stride);
  else
    multiply(a, a_stride, b, b_stride, rows, channels, y, y_stride);
}

template <class T>
void scale_rows(const T* x, const T* gamma, std::int64_t rows, std::int64_t channels, T* y) {
  if constexpr (is_float<T>)
    return float_scale(x, gamma, rows, channels, y);
  else
    scale(x, gamma, rows, channels, y);
}

#define ORDERSCOPE_ROW_KERNELS(T)                                                                                     \
  template void layer_norm_rows(const T*, std::int64_t, std::int64_t, const RowNorm<T>&, T*);                         \
  template void layer_norm_gradient_rows(const T*, const T*, const T*, std::int64_t, std::int64_t, const RowNorm<T>&, \
                                         T*);                                                                         \
  template void gelu_values(const T*, std::int64_t, T*);                                                              \
  template void multiply_by_gelu_slope(const T*, std::int64_t, T*);                                                   \
  template void add_scaled_rows(const T*, const T*, const T*, std::int64_t, std::int64_t, T*);                        \
  template void multiply_rows(const T*, std::int64_t, const T*, std::int64_t, std::int64_t, std::int64_t, T*,         \
                              std::int64_t);                                                                          \
  template void scale_rows(const T*, const T*, std::int64_t, std::int64_t, T*);
ORDERSCOPE_ROW_KERNELS(float)
ORDERSCOPE_ROW_KERNELS(double)
#undef ORDERSCOPE_ROW_KERNELS

}  // namespace orderscope
