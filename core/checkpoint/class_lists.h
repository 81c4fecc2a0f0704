// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace orderscope {

using ClassColor = std::array<std::uint8_t, 3>;  ///< red, green, blue

/// The classes of a data set with the colours that mmsegmentation and mmdetection draw them in.
struct ClassList {
  std::vector<std::string> names;
  std::vector<ClassColor> colors;
};

const ClassList& ade20k_classes();  ///< 150, index 0 is "wall"
const ClassList& coco_classes();    ///< 80

/// Colours for classes that have none: far apart in hue, lightness in three steps, the same at each call.
std::vector<ClassColor> made_up_colors(std::size_t count);

}  // namespace orderscope
