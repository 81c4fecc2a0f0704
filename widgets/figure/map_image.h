// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QPoint>
#include <QPointF>
#include <QSize>
#include <optional>

#include "core/analysis/map.h"
#include "core/image/image.h"
#include "widgets/figure/color_scale.h"

namespace orderscope {

/// How a map lies over the photo.
struct MapStyle {
  double opacity = 0.7;     ///< of the map over the grey photo; 1 hides the photo
  bool interpolate = true;  ///< bilinear between cell centres; otherwise every cell is a flat rectangle

  bool operator==(const MapStyle&) const = default;
};

/// Cell (column, row) of the map at a position in the picture, both coordinates in [0, 1]; nothing outside.
std::optional<QPoint> map_cell(const Map& map, QPointF position);

/// The map as colours at `size` pixels. Values are interpolated, not colours.
QImage color_image(const Map& map, const ColorScale& scale, QSize size, bool interpolate);

/// The coloured map over the photo in greys. Without a photo the map alone.
QImage overlay_image(const Map& map, const ColorScale& scale, const QImage& photo, QSize size, const MapStyle& style);

QImage to_qimage(const Image& image);

}  // namespace orderscope
