// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "core/analysis/method.h"
#include "core/image/colormap.h"

namespace channel_diversity {

/// How a channel's activation counts: its square or its absolute value.
enum class Weight { Energy, Magnitude };

/// The effective number of channels at each pixel: the Hill number of order q (Hill, Diversity and Evenness, Ecology
/// 1973) of the shares p_c that the channels have in the pixel's energy,
///   N_q = (sum_c p_c^q)^(1 / (1 - q)),   N_1 = exp(-sum_c p_c ln p_c).
/// 1 where one channel holds everything, C where all hold the same; q = 0 counts the channels that are not zero, q = 2
/// is the participation ratio. 0 where every channel is zero. [N, C, h, w] to [N, h, w], tokens [N, L, C] to [N, L];
/// float64. Undefined for anything else.
at::Tensor effective_channels(const at::Tensor& activation, double q, Weight weight);

std::shared_ptr<const orderscope::Method> method();

/// D. A. Green, A colour scheme for the display of astronomical intensity images, BASI 39 (2011): a helix about the
/// gray diagonal of RGB, so that its brightness rises evenly and survives a black-and-white printer. The paper's
/// default: start 0.5, -1.5 rotations, hue 1, gamma 1.
orderscope::ColorTable cubehelix();

}  // namespace channel_diversity
