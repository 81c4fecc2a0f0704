// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace orderscope {

// Passes over rows [rows, channels] that lie side by side in memory, each for float and for double. One thread each;
// what follows another in a tile finds it in the cache. The float loops are compiled for several instruction sets, of
// which the loader picks one.

/// What a LayerNorm does: y = (x - mean) / sqrt(variance + eps) * weight + bias, mean and variance of each row.
template <class T>
struct RowNorm {
  const T* weight;
  const T* bias;
  T eps;
};

template <class T>
void layer_norm_rows(const T* x, std::int64_t rows, std::int64_t channels, const RowNorm<T>& norm, T* y);

/// dx = the gradient of the norm's input for dy, plus `add` [rows, channels] unless it is null. dx may be dy or `add`.
template <class T>
void layer_norm_gradient_rows(const T* x, const T* dy, const T* add, std::int64_t rows, std::int64_t channels,
                              const RowNorm<T>& norm, T* dx);

/// y = x * Phi(x), Phi the normal distribution's cumulative one: the exact GELU. In float Phi is formula 7.1.26 of
/// Abramowitz and Stegun, which is off by 7.5e-8 at most.
template <class T>
void gelu_values(const T* x, std::int64_t count, T* y);

/// dy *= Phi(x) + x Phi'(x).
template <class T>
void multiply_by_gelu_slope(const T* x, std::int64_t count, T* dy);

/// y = x + gamma * branch; without gamma (null) y = x + branch. y may be `branch`.
template <class T>
void add_scaled_rows(const T* x, const T* gamma, const T* branch, std::int64_t rows, std::int64_t channels, T* y);

/// y = a * b, of rows that begin a_stride, b_stride and y_stride values apart.
template <class T>
void multiply_rows(const T* a, std::int64_t a_stride, const T* b, std::int64_t b_stride, std::int64_t rows,
                   std::int64_t channels, T* y, std::int64_t y_stride);

/// y = gamma * x.
template <class T>
void scale_rows(const T* x, const T* gamma, std::int64_t rows, std::int64_t channels, T* y);

}  // namespace orderscope
