// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "core/analysis/method.h"

namespace orderscope {

/// How a map is made from one layer's activation A and gradient G = d logit / d A, both as rows of pixels [N, P, C],
/// whatever the layout of the tap: the map's values [N, P].
struct CamRule {
  std::function<at::Tensor(const at::Tensor& a, const at::Tensor& g)> values;
  bool needs_gradient = true;  ///< else G is undefined
  bool is_signed = true;
  std::string unit = "logit";
  /// The map is the plain sum over channels of A x G: checked for layers where that vanishes by construction. There the
  /// map is set to zero, and a warning says why, where its values are no more than rounding.
  bool sums_products = false;
};

/// An activation [N, C, h, w] or tokens [N, L, C] as rows of pixels [N, P, C], and rows of values [N, P] in the places
/// of such an activation, [N, h, w] or [N, L].
at::Tensor pixel_rows(const at::Tensor& activation);
at::Tensor in_places_of(const at::Tensor& activation, const at::Tensor& values);

/// The method that applies the rule at every layer of its parameter "layer", each layer a map, all from one trace; the
/// maps are made while the passes run, so that no activation is kept.
Method method_of_rule(const MethodDescriptor& descriptor, CamRule rule);

/// One map from [h, w], with warnings about it appended to the result.
void add_map(MethodResult& result, const std::string& layer, const at::Tensor& values, const std::string& unit,
             bool is_signed);

}  // namespace orderscope
