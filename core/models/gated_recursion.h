// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace orderscope {

/// What the recursion of a gnConv multiplies by (see GnConv).
struct RecursionWeights {
  std::vector<int64_t> dims;                ///< of value and gate 1, then of each gate
  std::vector<at::Tensor> pointwise, bias;  ///< of pws_k: [dims_k+1, dims_k], [dims_k+1]
  at::Tensor out, out_bias;                 ///< of proj_out: [C, dims_n], [C]; undefined without it
};

/// Whether gated_recursion takes them: float or double on the CPU, with weights that want no gradient.
bool gated_recursion_fits(const at::Tensor& value, const at::Tensor& gates, const RecursionWeights& weights);

/// state_1 = value * gate_1; state_k+1 = pws_k(state_k) * gate_k+1; proj_out(state_n), for a value [N, H, W, dims_1]
/// and all gates [N, H, W, sum of dims]. For runs in which nobody looks at candidates and states: one pass over tiles
/// of rows that stay in a core's cache. For the way back nothing is kept but value and gates; the states are made
/// again.
at::Tensor gated_recursion(const at::Tensor& value, const at::Tensor& gates, const RecursionWeights& weights);

}  // namespace orderscope
