// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "core/analysis/reduction.h"

namespace orderscope {

/// All three reductions at once: [N, C, h, w] to [3, N, h, w] (tokens [N, L, C] to [3, N, L]), indexed by
/// ChannelReduction. One pass over memory where the channels lie side by side, as they do in every model here:
/// recording the maps of a gnConv then costs a read of its gates.
at::Tensor reduce_channels(const at::Tensor& x);

/// sum_c a * b at each pixel: [N, C, h, w] to [N, h, w], tokens [N, L, C] to [N, L].
at::Tensor channel_dot(const at::Tensor& a, const at::Tensor& b);

}  // namespace orderscope
