// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <vector>

#include "core/analysis/map.h"
#include "core/analysis/values.h"

namespace orderscope {

/// How a map of magnitudes falls off around a point.
struct RadialProfile {
  Curve mean;                   ///< mean of the map over circles of radius r, a pixel wide
  Curve mass;                   ///< share of the map's sum within radius r
  double half_mass_radius = 0;  ///< pixels; the smallest within which at least half of the sum lies; NaN for no sum
};

/// Around (y, x), in pixels, which may lie between pixel centres.
RadialProfile radial_profile(const Map& map, double y, double x);

/// Share of the sum within `radius` pixels.
double mass_within(const RadialProfile& profile, double radius);

}  // namespace orderscope
