// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "core/analysis/map.h"
#include "core/base/result.h"
#include "core/image/frame.h"

namespace orderscope {

/// A map and where it lies in its photo.
struct PlacedMap {
  const Map* map = nullptr;
  Frame frame;
};

/// A part of a map on another grid: bilinear between cell centres, NaN outside the map's frame.
Map resampled(const PlacedMap& placed, const Frame& frame, int height, int width);

/// Where maps of several models differ on the part of the photo that all of them see.
struct MapAgreement {
  Frame frame;
  /// Of two: the first minus the second, signed. Of more: the standard deviation over the maps. Each map was divided by
  /// its root mean square over the common part first, as models' values have no common unit.
  Map difference;
  std::vector<double> correlation;  ///< Pearson's, pair by pair (0, 1), (0, 2) .. (1, 2) ..; NaN for a flat map
};

/// On a grid of about `cells` along the longer side. Errors: InvalidInput (fewer than two maps, an empty one, or crops
/// that do not meet).
Result<MapAgreement> map_agreement(const std::vector<PlacedMap>& maps, int cells = 64);

}  // namespace orderscope
