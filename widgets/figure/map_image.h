// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QPoint>
#include <QPointF>
#include <QPolygonF>
#include <QRectF>
#include <QSize>
#include <QString>
#include <optional>

#include "core/analysis/map.h"
#include "core/image/image.h"
#include "widgets/figure/color_scale.h"

namespace orderscope {

/// How a map lies over the photo.
struct MapStyle {
  double opacity = 0.7;                ///< of the map over the grey photo; 1 hides the photo
  bool interpolate = true;             ///< bilinear between cell centres; otherwise every cell is a flat rectangle
  int contours = 0;                    ///< number of contour lines; on a signed scale, of each sign
  std::optional<Colormap> colormap{};  ///< for magnitudes, instead of the scale's own
  std::optional<Colormap> signed_colormap{};  ///< for scales around 0, likewise

  bool operator==(const MapStyle&) const = default;
};

/// A line that belongs to a map, besides the contour lines of its style.
struct MapLine {
  QPolygonF points;  ///< in fractions of the map
  QString label;     ///< written inside where the line begins, if there is room

  bool operator==(const MapLine&) const = default;
};

/// The scale in the colours that the style asks for.
ColorScale styled(const ColorScale& scale, const MapStyle& style);

/// Cell (column, row) of the map at a position in the picture, both coordinates in [0, 1]; nothing outside.
std::optional<QPoint> map_cell(const Map& map, QPointF position);

/// The map as colours at `size` pixels. Values are interpolated, not colours.
QImage color_image(const Map& map, const ColorScale& scale, QSize size, bool interpolate);

/// A part of the map, in fractions of it, at `size` pixels, premultiplied; what lies outside the map is transparent.
/// Made for the screen: as color_image, to within one step of a channel where values are interpolated.
QImage color_region(const Map& map, const ColorScale& scale, const QRectF& part, QSize size, bool interpolate);

/// A part of what is coloured already, likewise.
QImage image_region(const QImage& colors, const QRectF& part, QSize size, bool interpolate);

/// A part of the photo in greys, in fractions of it, at `size` pixels; outside it, transparent.
QImage grey_region(const QImage& photo, const QRectF& part, QSize size);

/// The coloured map over the photo in greys. Without a photo the map alone.
QImage overlay_image(const Map& map, const ColorScale& scale, const QImage& photo, QSize size, const MapStyle& style);

QImage to_qimage(const Image& image);

}  // namespace orderscope
