// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace orderscope {

/// A batch of images in memory, channels innermost and adjacent. Strides in elements.
template <class T>
struct ImageView {
  T* data = nullptr;
  int64_t image_stride = 0, row_stride = 0, pixel_stride = 0;
};

struct BatchShape {
  int64_t images = 0, height = 0, width = 0, channels = 0;
};

/// True if this CPU runs the kernels below and they were built for kernels of k x k.
bool has_depthwise_kernels(int64_t kernel_size);

/// y = x convolved with taps [k * k, C], plus bias [C] if not null. `T` is float or double.
template <class T>
void depthwise_forward(ImageView<const T> x, const T* taps, const T* bias, ImageView<T> y, BatchShape shape,
                       int64_t kernel_size);

/// gradient[ky * k + kx, c] = sum over n, i, j of x[n, i + ky - k / 2, j + kx - k / 2, c] * dy[n, i, j, c].
/// The sum runs in the same order whatever the number of threads.
template <class T>
void depthwise_weight_gradient(ImageView<const T> x, ImageView<const T> dy, T* gradient, BatchShape shape,
                               int64_t kernel_size);

}  // namespace orderscope
