// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/plate_picture.h"

#include <algorithm>
#include <cmath>

#include "widgets/figure/custom_plot.h"
#include "widgets/figure/map_render.h"
#include "widgets/figure/plate_style.h"

namespace orderscope {
namespace {

constexpr int kEnoughPixels = 256, kMostPixels = 2048;

/// What lies under a panel, and where both lie in the photo that they share.
struct Ground {
  QImage photo;
  Frame frame, photo_frame;

  Ground(const PanelGrid& grid, const MapPanel& panel)
      : photo(panel.photo.isNull() ? grid.photo : panel.photo),
        frame(panel.frame.value_or(grid.frame)),
        photo_frame(panel.photo.isNull() ? grid.frame : panel.photo_frame.value_or(frame)) {}

  bool aligned() const { return frame == photo_frame; }
};

/// Without a photo: cells as small squares of pixels, which a viewer may smooth without harm.
QSize cell_squares(QSize cells) {
  const int longer = std::max({cells.width(), cells.height(), 1});
  return cells * std::max(1, (kEnoughPixels + longer - 1) / longer);
}

QSize picture_size(const Ground& ground, QSize cells) {
  if (ground.photo.isNull()) return cell_squares(cells);
  if (ground.aligned()) return ground.photo.size();
  const auto side = [](double pixels) {
    return std::clamp(static_cast<int>(std::lround(pixels)), kEnoughPixels / 2, kMostPixels);
  };
  return {side(ground.photo.width() * ground.frame.width() / ground.photo_frame.width()),
          side(ground.photo.height() * ground.frame.height() / ground.photo_frame.height())};
}

QImage picture_image(const PanelGrid& grid, const MapPanel& panel, const Ground& ground) {
  const bool has_map = panel.map && !panel.map->empty();
  const QSize cells = has_map ? QSize(panel.map->width, panel.map->height) : panel.colors.size();
  const QSize size = picture_size(ground, cells);
  if (has_map && ground.aligned()) return overlay_image(*panel.map, panel.scale, ground.photo, size, grid.style);
  const std::vector<QPolygonF> no_lines;  // lines are painted as such, not into the image
  MapScene scene{has_map ? panel.map.get() : nullptr,
                 panel.colors,
                 panel.scale,
                 ground.frame,
                 ground.photo,
                 ground.photo_frame,
                 grid.style,
                 no_lines};
  const QRectF window(ground.frame.x(), ground.frame.y(), ground.frame.width(), ground.frame.height());
  QImage colors = color_scene(scene, window, size);
  scene.style.interpolate = true;  // no numbers in the cells
  const QImage drawn = render_scene(scene, window, size, 1, std::move(colors));
  QImage opaque(drawn.size(), QImage::Format_RGB32);
  if (opaque.isNull()) return opaque;
  opaque.fill(Qt::white);
  QPainter(&opaque).drawImage(0, 0, drawn);
  return opaque;
}

void paint_labels(QCPPainter& painter, const std::vector<MapLine>& lines, const QTransform& place) {
  constexpr double kLabelPoints = 4.5;
  const QFont font = PlateFonts(kLabelPoints).caption;
  const auto places = label_places(
      lines, [&](const QPolygonF& points) { return place.map(points); },
      [&](const QString& label) {
        return QSizeF(PlateFonts::width(font, label) + 1.5 * kPoint, PlateFonts::height(font));
      });
  painter.setFont(font);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!places[i]) continue;
    painter.fillRect(*places[i], QColor(16, 18, 22, 150));
    painter.setPen(QPen(Qt::white));
    painter.drawText(*places[i], Qt::AlignCenter | Qt::TextSingleLine, lines[i].label);
  }
}

void paint_contours(QCPPainter& painter, const PanelGrid& grid, const MapPanel& panel, const QRectF& picture) {
  const std::vector<QPolygonF> lines = contours_of(*panel.map, panel.scale, grid.style);
  if (lines.empty() && panel.lines.empty()) return;
  QTransform place;
  place.translate(picture.left(), picture.top());
  place.scale(picture.width(), picture.height());
  painter.setBrush(Qt::NoBrush);
  for (const auto& [color, width] : {std::pair(QColor(0, 0, 0, 90), 1.0), std::pair(QColor(255, 255, 255), 0.4)}) {
    painter.setPen(QPen(color, width * kPoint, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin));
    for (const QPolygonF& line : lines) painter.drawPolyline(place.map(line));
    for (const MapLine& line : panel.lines) painter.drawPolyline(place.map(line.points));
  }
  paint_labels(painter, panel.lines, place);
}

}  // namespace

QRectF paint_picture(QCPPainter& painter, const PanelGrid& grid, const MapPanel& panel, const QRectF& tile) {
  const Ground ground(grid, panel);
  double proportions = 1;
  if (panel.frame && !ground.frame.empty())
    proportions = ground.frame.width() / ground.frame.height();
  else if (!ground.photo.isNull())
    proportions = static_cast<double>(ground.photo.width()) / ground.photo.height();
  const double side = tile.width();
  const QSizeF size(side * std::min(proportions, 1.0), side / std::max(proportions, 1.0));
  const QRectF picture(QPointF(tile.left() + (side - size.width()) / 2, tile.top() + (side - size.height()) / 2), size);
  if (panel.empty() || ground.frame.empty()) return picture;
  painter.drawImage(picture, picture_image(grid, panel, ground));
  if (panel.map && !panel.map->empty()) paint_contours(painter, grid, panel, picture);
  return picture;
}

}  // namespace orderscope
