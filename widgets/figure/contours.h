// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPolygonF>
#include <vector>

#include "core/analysis/map.h"
#include "widgets/figure/color_scale.h"

namespace orderscope {

/// `count` values that divide the scale evenly, its ends not among them; on a signed scale so many of each sign.
std::vector<float> contour_levels(const ColorScale& scale, int count);

/// Where the bilinear surface through the map's cell centres, held beyond them up to the rim, crosses the level, as
/// lines in fractions of the map. A closed line ends where it begins; NaN and Inf interrupt lines.
std::vector<QPolygonF> contour_lines(const Map& map, float level);

}  // namespace orderscope
