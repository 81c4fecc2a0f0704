// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/erf_units.h"

#include <ATen/ATen.h>

#include "core/analysis/tensor_map.h"

namespace orderscope {

Result<std::array<std::int64_t, 2>> grid_of(const at::Tensor& x, const std::string& layer, const at::Tensor& images) {
  if (x.dim() == 4 && x.size(0) == images.size(0) && !layer.ends_with(".attn.probs"))
    return std::array{x.size(2), x.size(3)};
  if (x.dim() == 3) {
    const auto [h, w] = token_grid(x.size(1), images.size(2), images.size(3));
    return std::array{h, w};
  }
  return fail(Error::Kind::InvalidInput, "has no places, so no centre", layer, "take the output of a block");
}

at::Tensor unit(const at::Tensor& x, const at::Tensor& weights, std::optional<int> channel, bool relu) {
  at::Tensor features = x.dim() == 4 ? x.flatten(2) : x.transpose(1, 2);  // [N, C, cells]
  if (channel) features = features.narrow(1, *channel, 1);
  const at::Tensor seen = relu ? at::relu(features).sum(1) : features.mean(1);
  return (seen * weights).sum();
}

at::Tensor one_cell(const std::array<std::int64_t, 2>& cell, const std::array<std::int64_t, 2>& grid) {
  at::Tensor weights = at::zeros({grid[0] * grid[1]});
  weights[cell[0] * grid[1] + cell[1]] = 1;
  return weights;
}

std::array<double, 2> centroid(const at::Tensor& mask) {
  const at::Tensor places = mask.ne(0).nonzero().to(at::kDouble).mean(0);
  return {places[0].item<double>(), places[1].item<double>()};
}

}  // namespace orderscope
