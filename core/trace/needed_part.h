// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace orderscope {

class Backbone;

/// Rows [top, bottom) and columns [left, right) of a map.
struct Part {
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  bool operator==(const Part&) const = default;
  int64_t area() const { return (bottom - top) * (right - left); }
};

/// Size of the map at `tap`, rows and columns, for an image of this size. Nothing where a step up to it looks at all
/// places at once (see Step::reach), or there is no such tap.
std::optional<std::array<int64_t, 2>> grid_at(const Backbone& backbone, const std::string& tap, int64_t height,
                                              int64_t width);

/// On which part of the input of each step `place` of the map at `tap` depends, up to the step that holds the tap: in
/// depthwise convolutions of k x k every block adds (k - 1) / 2 places around. Nothing where grid_at gives nothing.
std::optional<std::vector<Part>> needed_parts(const Backbone& backbone, const std::string& tap, int64_t height,
                                              int64_t width, const Part& place);

}  // namespace orderscope
