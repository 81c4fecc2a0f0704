// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace orderscope {

/// The tokens of a map in the order of its windows, and the way back.
struct WindowOrder {
  at::Tensor windowed;  ///< [H * W] int64: which token of the map, row by row, comes at each place
  at::Tensor mapped;    ///< the inverse

  /// Windows of `window` x `window` in row-major order over the map rolled by -shift in both directions. Sides are
  /// multiples of the window.
  static WindowOrder make(int64_t height, int64_t width, int64_t window, int64_t shift);
  WindowOrder to(const at::Device& device) const;
};

/// Tokens x [N, L, C] in another order: y[n, i] = x[n, order[i]]. `inverse` undoes it; the gradient goes that way. One
/// pass, where rolling and partitioning are two.
at::Tensor reorder_tokens(const at::Tensor& x, const at::Tensor& order, const at::Tensor& inverse);

}  // namespace orderscope
