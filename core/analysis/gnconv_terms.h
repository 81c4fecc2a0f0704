// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/ordered_dict.h>

#include <string>
#include <vector>

#include "core/models/model.h"

namespace orderscope {

using NamedParameters = torch::OrderedDict<std::string, at::Tensor>;

/// The learned numbers of one gnConv and the bias of the norm before it, found by their official names: those of a
/// backbone's block, or of one of HorFPN's modules, which has no norm before it and does not scale its gates.
struct GnConvParameters {
  GnConvParameters(const NamedParameters& all, const BlockInfo& block);

  int order;
  double scale;                                  ///< s of the gates
  at::Tensor norm_bias;                          ///< [C]; undefined in HorFPN
  at::Tensor proj_in_weight, proj_in_bias;       ///< [2C, in], [2C]
  at::Tensor depthwise_weight, depthwise_bias;   ///< [S, 1, k, k], [S]; undefined in the global-local form
  std::vector<at::Tensor> pws_weight, pws_bias;  ///< [dims_k+1, dims_k], [dims_k+1]
  at::Tensor proj_out_weight, proj_out_bias;     ///< [out, C], [out]; the identity and zero where there is none
};

/// What one image made of proj_in and of the gates, as a forward pass recorded it.
struct GnConvActivations {
  at::Tensor proj_in;             ///< [H, W, 2C]
  std::vector<at::Tensor> gates;  ///< [H, W, dims_k], k = 1..n
};

/// The output of a gnConv with depthwise gates as a polynomial in its input's distance from an origin that is constant
/// over space: gnconv(o + t delta) = sum_d t^d out^d. Gives out^0 .. out^(n+1) as [n+2, H, W, C]. `origin` is
/// proj_in(o), [2C].
///   value^0, abc^0 = proj_in(o);  value^1, abc^1 = proj_in(delta) without bias
///   gate_k^0 = s dwconv(abc^0);   gate_k^1 = s dwconv(abc^1) without bias
///   state_1^d = sum_i value^i gate_1^(d-i);  candidate^d = W state_k^d (+ b where d = 0)
///   state_k+1^d = candidate^d gate_k+1^0 + candidate^(d-1) gate_k+1^1
///   out^d = W_out state_n^d (+ b_out where d = 0)
/// The first degree's gates are what a recorded pass has beyond those of the origin, so nothing is convolved again but
/// a constant, and degree 0, which is the same everywhere but near the rim (zero padding), is computed there only.
at::Tensor terms_by_degree(const GnConvParameters& p, const GnConvActivations& x, const at::Tensor& origin);

/// The output of any gnConv by where its terms enter the recursion, exact in the gates whatever makes them, [1+n, H, W,
/// C]: proj_out's bias; what starts at the value and passes all n gates; what starts at the bias of pws[j-1] and passes
/// the n - j gates after it, j = 1 .. n-1.
at::Tensor terms_by_gates(const GnConvParameters& p, const GnConvActivations& x);

}  // namespace orderscope
