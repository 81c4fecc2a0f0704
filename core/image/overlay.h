// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

#include "core/analysis/map.h"
#include "core/image/colormap.h"
#include "core/image/image.h"

namespace orderscope {

enum class Interpolation { Bilinear, Nearest };

struct OverlayOptions {
  float opacity = 0.7F;  ///< of the map, 0 to 1
  Interpolation interpolation = Interpolation::Bilinear;
  bool gray_picture = true;  ///< take the colour out of the picture, so that all colour belongs to the map
};

/// The map at width x height: raw values, pixel centres at halves, edges clamped, nothing scaled. A NaN spreads only as
/// far as its own cell reaches. Empty for an empty map.
std::vector<float> upsample(const Map& map, int width, int height, Interpolation interpolation);

/// The map in the scale's colours over the picture, which it covers whole, at the picture's size.
Image draw_overlay(const Image& picture, const Map& map, const ColorScale& scale, const OverlayOptions& options = {});

/// A scale that shows all values of the maps: signed ones (if any map is) diverging around 0 to the largest magnitude;
/// others in viridis from 0, or from their least value if that is negative, to their largest.
ColorScale scale_for(std::span<const Map* const> maps);
ColorScale scale_for(const Map& map);

}  // namespace orderscope
