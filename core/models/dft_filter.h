// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

namespace orderscope {

/// A filter in the frequency domain, irfft2(rfft2(x) * filter) with norm "ortho", as two products with the matrices of
/// the discrete Fourier transform. For maps as small as those of a network's last stages: channels stay adjacent, and
/// the products take less time than an FFT's passes with a change of layout before and after them.
class DftFilter {
 public:
  /// Whether this pays for maps of height x width: at 7 x 7 it takes half the time, at 14 x 14 as much.
  static bool pays(int64_t height, int64_t width) { return height * width <= 100; }

  /// `filter`: complex [C, height, width / 2 + 1], as GlobalLocalFilter::filter gives it.
  DftFilter(const at::Tensor& filter, int64_t width);

  /// [N, height, width, C] to the same shape; with its gradient with respect to x, not to the filter.
  at::Tensor apply(const at::Tensor& x) const;

 private:
  at::Tensor analysis_;   ///< [2 F, L]: the cosines of the F frequencies over the L places, then minus their sines
  at::Tensor synthesis_;  ///< [L, 2 F]
  at::Tensor real_, imaginary_;  ///< [F, C]
};

}  // namespace orderscope
