// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/needed_part.h"

#include <algorithm>

#include "core/models/backbone.h"

namespace orderscope {

namespace {

/// Sizes of the maps before each step and behind the one that holds the tap.
std::optional<std::vector<std::array<int64_t, 2>>> sizes_up_to(const Backbone& backbone, const std::string& tap,
                                                               int64_t height, int64_t width) {
  std::vector<std::array<int64_t, 2>> sizes{{height, width}};
  for (const Step& step : backbone.steps()) {
    if (!step.reach) return std::nullopt;
    sizes.push_back({sizes.back()[0] / step.reach->stride, sizes.back()[1] / step.reach->stride});
    if (std::find(step.taps.begin(), step.taps.end(), tap) != step.taps.end()) return sizes;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::array<int64_t, 2>> grid_at(const Backbone& backbone, const std::string& tap, int64_t height,
                                              int64_t width) {
  const auto sizes = sizes_up_to(backbone, tap, height, width);
  return sizes ? std::optional(sizes->back()) : std::nullopt;
}

std::optional<std::vector<Part>> needed_parts(const Backbone& backbone, const std::string& tap, int64_t height,
                                              int64_t width, const Part& place) {
  const auto sizes = sizes_up_to(backbone, tap, height, width);
  if (!sizes) return std::nullopt;
  std::vector<Part> parts(sizes->size() - 1);
  Part needed = place;
  for (std::size_t i = parts.size(); i-- > 0;) {
    const Reach& reach = *backbone.steps()[i].reach;
    const auto [rows, columns] = (*sizes)[i];
    needed.top = std::max<int64_t>(needed.top * reach.stride - reach.radius, 0);
    needed.left = std::max<int64_t>(needed.left * reach.stride - reach.radius, 0);
    needed.bottom = std::min(needed.bottom * reach.stride + reach.radius, rows);
    needed.right = std::min(needed.right * reach.stride + reach.radius, columns);
    parts[i] = needed;
  }
  return parts;
}

}  // namespace orderscope
