// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/map_render.h"

#include <QGuiApplication>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <list>

#include "widgets/figure/contours.h"
#include "widgets/figure/format.h"

namespace orderscope {
namespace {

/// Part `window` as fractions of a frame.
QRectF part_of(const Frame& frame, const QRectF& window) {
  return {(window.left() - frame.x()) / frame.width(), (window.top() - frame.y()) / frame.height(),
          window.width() / frame.width(), window.height() / frame.height()};
}

/// All tiles of a page show the same part of the same photo.
QImage cached_grey_region(const QImage& photo, const QRectF& part, QSize size) {
  struct Entry {
    qint64 key;
    QRectF part;
    QSize size;
    QImage image;
  };
  thread_local std::list<Entry> recent;
  const auto found = std::find_if(recent.begin(), recent.end(), [&](const Entry& entry) {
    return entry.key == photo.cacheKey() && entry.part == part && entry.size == size;
  });
  if (found != recent.end()) {
    recent.splice(recent.begin(), recent, found);
  } else {
    recent.push_front({photo.cacheKey(), part, size, grey_region(photo, part, size)});
    if (recent.size() > 6) recent.pop_back();
  }
  return recent.front().image;
}

void draw_contours(QPainter& painter, const MapScene& scene, const QRectF& window, QSize size, double pixel) {
  static const std::vector<MapLine> none;
  const std::vector<MapLine>& own = scene.lines ? *scene.lines : none;
  if (scene.contours.empty() && own.empty()) return;
  const QRectF part = part_of(scene.frame, window);
  QTransform to_pixels;
  to_pixels.scale(size.width() / part.width(), size.height() / part.height());
  to_pixels.translate(-part.left(), -part.top());
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(Qt::NoBrush);
  std::vector<QPolygonF> lines;
  lines.reserve(scene.contours.size() + own.size());
  for (const QPolygonF& line : scene.contours) lines.push_back(to_pixels.map(line));
  for (const MapLine& line : own) lines.push_back(to_pixels.map(line.points));
  for (const auto& [color, width] : {std::pair(QColor(0, 0, 0, 90), 2.6), std::pair(QColor(255, 255, 255, 220), 1.0)}) {
    painter.setPen(QPen(color, width * pixel, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin));
    for (const QPolygonF& line : lines) painter.drawPolyline(line);
  }
  QFont font = QGuiApplication::font();
  font.setPixelSize(static_cast<int>(std::lround(10 * pixel)));
  const QFontMetricsF metrics(font);
  const auto places = label_places(
      own, [&](const QPolygonF& points) { return to_pixels.map(points); },
      [&](const QString& label) { return QSizeF(metrics.horizontalAdvance(label) + 4 * pixel, metrics.height()); });
  painter.setFont(font);
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (!places[i]) continue;
    painter.fillRect(*places[i], QColor(16, 18, 22, 150));
    painter.setPen(Qt::white);
    painter.drawText(*places[i], Qt::AlignCenter, own[i].label);
  }
}

void draw_values(QPainter& painter, const MapScene& scene, const QRectF& window, QSize size, double pixel) {
  const QRectF part = part_of(scene.frame, window);
  const double wide = size.width() / (part.width() * scene.map->width);
  const double high = size.height() / (part.height() * scene.map->height);
  if (wide < 52 * pixel || high < 18 * pixel) return;
  QFont font = QGuiApplication::font();
  font.setPixelSize(static_cast<int>(std::lround(11 * pixel)));
  painter.setFont(font);
  const auto first = [](double start, int cells) { return std::max(0, static_cast<int>(std::floor(start * cells))); };
  const auto last = [](double end, int cells) {
    return std::min(cells - 1, static_cast<int>(std::floor(end * cells)));
  };
  const ColorScale colors = styled(scene.scale, scene.style);
  for (int y = first(part.top(), scene.map->height); y <= last(part.bottom(), scene.map->height); ++y)
    for (int x = first(part.left(), scene.map->width); x <= last(part.right(), scene.map->width); ++x) {
      const float value = scene.map->at(y, x);
      const bool light = qGray(to_qrgb(colors(value))) > 140 || scene.style.opacity < 0.35;
      const QRectF cell((static_cast<double>(x) / scene.map->width - part.left()) / part.width() * size.width(),
                        (static_cast<double>(y) / scene.map->height - part.top()) / part.height() * size.height(), wide,
                        high);
      painter.setPen(light ? QColor(0, 0, 0, 210) : QColor(255, 255, 255, 230));
      painter.drawText(cell, Qt::AlignCenter, column_text(value));
    }
}

}  // namespace

std::vector<std::optional<QRectF>> label_places(const std::vector<MapLine>& lines,
                                                const std::function<QPolygonF(const QPolygonF&)>& placed,
                                                const std::function<QSizeF(const QString&)>& size) {
  std::vector<std::optional<QRectF>> places(lines.size());
  for (std::size_t i = lines.size(); i-- > 0;) {
    if (lines[i].label.isEmpty() || lines[i].points.isEmpty()) continue;
    const QPolygonF points = placed(lines[i].points);
    const QRectF place(points.first(), size(lines[i].label));
    const bool fits = place.width() < points.boundingRect().width() * 0.8 &&
                      std::none_of(places.begin(), places.end(), [&](const std::optional<QRectF>& other) {
                        return other && other->intersects(place);
                      });
    if (fits) places[i] = place;
  }
  return places;
}

std::vector<QPolygonF> contours_of(const Map& map, const ColorScale& scale, const MapStyle& style) {
  std::vector<QPolygonF> lines;
  if (style.contours < 1) return lines;
  for (const float level : contour_levels(scale, style.contours))
    for (QPolygonF& line : contour_lines(map, level)) lines.push_back(std::move(line));
  return lines;
}

QImage color_scene(const MapScene& scene, const QRectF& window, QSize size) {
  if (size.isEmpty() || window.isEmpty() || scene.frame.empty()) return {};
  const QRectF part = part_of(scene.frame, window);
  return scene.map ? color_region(*scene.map, styled(scene.scale, scene.style), part, size, scene.style.interpolate)
                   : image_region(scene.colors, part, size, scene.style.interpolate);
}

QImage render_scene(const MapScene& scene, const QRectF& window, QSize size, double pixel, QImage colors) {
  if (size.isEmpty() || window.isEmpty() || scene.frame.empty()) return {};
  if (colors.size() != size) colors = color_scene(scene, window, size);
  const bool with_photo = !scene.photo.isNull() && !scene.photo_frame.empty() && scene.style.opacity < 1;
  QImage image(size, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  if (with_photo) {
    painter.drawImage(0, 0, cached_grey_region(scene.photo, part_of(scene.photo_frame, window), size));
    painter.setOpacity(std::clamp(scene.style.opacity, 0.0, 1.0));
  }
  painter.drawImage(0, 0, colors);
  painter.setOpacity(1);
  draw_contours(painter, scene, window, size, pixel);
  if (!scene.style.interpolate && scene.map) draw_values(painter, scene, window, size, pixel);
  return image;
}

}  // namespace orderscope
