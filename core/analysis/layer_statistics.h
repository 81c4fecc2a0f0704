// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "core/analysis/method.h"

namespace orderscope {

/// What a layer's activation is like, as a whole.
struct LayerStatistics {
  double energy = 0;          ///< mean square
  double sparsity = 0;        ///< Hoyer (JMLR 2004): 0 all alike, 1 a single one; NaN for nothing but zeros
  double near_zero = 0;       ///< share of values below a hundredth of the root mean square
  double effective_rank = 0;  ///< Roy and Vetterli (EUSIPCO 2007); NaN where there are no places to vary over
};

/// Of an activation [1, C, h, w], tokens [1, L, C] or a vector [1, C]. The effective rank is exp(entropy of the
/// singular values, scaled to sum 1) of the matrix places x channels, less its mean over places: 1 if all places vary
/// along one direction, at most min(places - 1, channels).
LayerStatistics layer_statistics(const at::Tensor& activation);

/// Per layer "LAYER.energy", "LAYER.sparsity", "LAYER.near_zero", "LAYER.effective_rank", and a curve of each over
/// depth.
const Method& layer_statistics_method();

/// A pattern of taps: "blocks" is every block's output.
std::string block_pattern(const Model& model, const std::string& layers);

}  // namespace orderscope
