// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/channel_ranking.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace orderscope {

Result<std::vector<ChannelFigures>> channels_by_energy(const at::Tensor& activation, std::int64_t n) {
  if ((activation.dim() != 3 && activation.dim() != 4) || n < 0 || n >= activation.size(0))
    return fail(Error::Kind::InvalidInput, "this activation has no channels over space");
  const at::Tensor one = activation.select(0, n).detach();
  const at::Tensor rows = (one.dim() == 2 ? one.t() : one.flatten(1)).to(at::kCPU, at::kDouble);  // [C, pixels]
  const at::Tensor energy = rows.square().mean(1), mean = rows.mean(1), low = rows.amin(1), high = rows.amax(1);
  const double sum = energy.sum().item<double>();
  const auto e = energy.accessor<double, 1>(), m = mean.accessor<double, 1>(), l = low.accessor<double, 1>(),
             h = high.accessor<double, 1>();
  std::vector<ChannelFigures> channels;
  for (std::int64_t c = 0; c < rows.size(0); ++c)
    channels.push_back({static_cast<int>(c), e[c], e[c] / sum, m[c], l[c], h[c]});
  // NaN sorts last; a comparison with it would not be an order.
  std::stable_sort(channels.begin(), channels.end(), [](const ChannelFigures& a, const ChannelFigures& b) {
    const bool a_is = a.energy == a.energy, b_is = b.energy == b.energy;
    return a_is != b_is ? a_is : a_is && a.energy > b.energy;
  });
  return channels;
}

}  // namespace orderscope
