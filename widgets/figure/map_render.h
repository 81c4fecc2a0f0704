// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPolygonF>
#include <QRectF>
#include <functional>
#include <optional>
#include <vector>

#include "core/image/frame.h"
#include "widgets/figure/map_image.h"

namespace orderscope {

/// The contour lines a style asks for, in fractions of the map; none at `contours` 0.
std::vector<QPolygonF> contours_of(const Map& map, const ColorScale& scale, const MapStyle& style);

/// What is drawn where: a map, or what is coloured already, that covers `frame` of a photo, over the part `photo_frame`
/// of it, all in photo pixels.
struct MapScene {
  const Map* map;
  const QImage& colors;
  ColorScale scale;  ///< before the style's colour map
  Frame frame;
  QImage photo;  ///< may be null
  Frame photo_frame;
  MapStyle style;
  const std::vector<QPolygonF>& contours;
  const std::vector<MapLine>* lines = nullptr;  ///< the map's own
};

/// Where the labels of lines go that are drawn with these points, from the last line to the first: none lies on
/// another. Nothing for a line without a label or without room. `size` of a label's box.
std::vector<std::optional<QRectF>> label_places(const std::vector<MapLine>& lines,
                                                const std::function<QPolygonF(const QPolygonF&)>& placed,
                                                const std::function<QSizeF(const QString&)>& size);

/// The colours of the part `window` of the photo at `size` pixels, without photo and lines.
QImage color_scene(const MapScene& scene, const QRectF& window, QSize size);

/// The part `window` of the photo at `size` pixels, lines `pixel` pixels wide for one on paper or screen. Cells that
/// have room for it say their value, unless values are interpolated. Transparent where there is neither map nor photo.
/// `colors` is what color_scene gave for the same window and size, if it is at hand.
QImage render_scene(const MapScene& scene, const QRectF& window, QSize size, double pixel = 1, QImage colors = {});

}  // namespace orderscope
