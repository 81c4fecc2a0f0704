// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

#include "core/analysis/method.h"

namespace orderscope {

// Maps of the input's pixels, signed, summed over the colour channels.

/// Integrated gradients (Sundararajan et al., ICML 2017, eq. 1): (x - x') times the mean of d logit / d x on the
/// straight line from the baseline x' to x, by Gauss-Legendre quadrature. The values add up to logit(x) - logit(x');
/// how far they miss it is the number "completeness.gap", with a warning from 5 % on.
const Method& integrated_gradients_method();

/// SmoothGrad (Smilkov et al., 2017): the mean of d logit / d x over images with added Gaussian noise, whose standard
/// deviation is a share of the range of x. Signed; the paper shows magnitudes.
const Method& smooth_grad_method();

/// Nodes in (0, 1) and weights of Gauss-Legendre quadrature of `count` points.
std::pair<std::vector<double>, std::vector<double>> gauss_legendre(int count);

}  // namespace orderscope
