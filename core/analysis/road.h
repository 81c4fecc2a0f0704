// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/analysis/pixel_removal.h"

namespace orderscope {

/// Linear imputation (Rong et al., A consistent and efficient evaluation strategy for attribution methods, ICML 2022,
/// section 4): every removed pixel becomes the weighted mean of its neighbours, removed ones included, 1/6 for the four
/// that share a side and 1/12 for the four at the corners; at the rim the weights of those there are, scaled to a sum
/// of 1. The linear system is solved to a relative residual of 1e-7. `image` [C, H, W], `removed` [H, W] of bool;
/// float64. Errors: InvalidInput if nothing is left; Cancelled.
Result<at::Tensor> linear_imputation(const at::Tensor& image, const at::Tensor& removed, const JobContext& job = {});

struct RoadCurves {
  Curve most;           ///< "road.morf": the most relevant pixels removed first
  Curve least;          ///< "road.lerf": the least relevant first
  double combined = 0;  ///< mean of (least - most) / 2 over the shares removed; larger is better, 0 is chance
};

/// ROAD, remove and debias: the score as pixels are replaced by their linear imputation plus Gaussian noise of standard
/// deviation `noise` (in the values that the model is fed), so that the mask itself tells the network little.
Result<RoadCurves> road(const at::Tensor& image, const at::Tensor& order, const std::vector<double>& shares,
                        double noise, std::uint64_t seed, const ImageScore& score, const JobContext& job = {});

}  // namespace orderscope
