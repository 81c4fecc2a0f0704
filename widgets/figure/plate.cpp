// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/plate.h"

#include <QFontMetricsF>
#include <QGuiApplication>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/figure/color_bar_painter.h"
#include "widgets/figure/format.h"

namespace orderscope {
namespace {

constexpr double kPointsPerMm = 72.0 / 25.4;
constexpr double kMapPixelsPerPoint = 600.0 / 72.0;
constexpr double kMargin = 10;
constexpr double kTitleHeight = 15;
constexpr double kLineHeight = 10;
constexpr double kLargestTile = 130;
constexpr PanelMetrics kMetrics{.title = 74, .bar = 40, .caption = 12, .gap = 6};

const QColor kInk(20, 20, 20);
const QColor kSecondary(90, 90, 90);

/// Pixel sizes are points here: the painter is scaled, and point sizes would be scaled a second time.
QFont plate_font(int points, bool bold = false) {
  QFont font = QGuiApplication::font();
  font.setPixelSize(points);
  font.setBold(bold);
  return font;
}

double content_width(const Plate& plate) { return plate.width_mm * kPointsPerMm - 2 * kMargin; }

double tile_side(const Plate& plate) {
  const double unlimited = 1e6;
  return std::min(fitting_tile(plate.grid, kMetrics, {content_width(plate), unlimited}), kLargestTile);
}

double head_height(const Plate& plate) {
  return (plate.title.isEmpty() ? 0 : kTitleHeight) + (plate.subtitle.isEmpty() ? 0 : kLineHeight) + 8;
}

double footnote_height(const Plate& plate, const QString& text) {
  const QFontMetricsF metrics(plate_font(7));
  return metrics.boundingRect(QRectF(0, 0, content_width(plate), 1e6), Qt::TextWordWrap, text).height() + 2;
}

void paint_panel(QPainter& painter, const PanelGrid& grid, const MapPanel& panel, const QRectF& tile) {
  const QRectF picture(tile.left(), tile.top(), tile.width(), tile.width());
  if (panel.map && !panel.map->empty()) {
    const int pixels = static_cast<int>(std::ceil(tile.width() * kMapPixelsPerPoint));
    painter.drawImage(picture, overlay_image(*panel.map, panel.scale, grid.photo, {pixels, pixels}, grid.style));
  }
  painter.setPen(QPen(kSecondary, 0.3));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(picture);

  QString caption = panel.label;
  if (panel.map) caption += QStringLiteral("   ") + range_text(range_of(*panel.map));
  painter.setFont(plate_font(6));
  painter.setPen(kSecondary);
  painter.drawText(QRectF(tile.left(), picture.bottom() + 1, tile.width(), kMetrics.caption - 1),
                   Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, caption);
}

void paint_group(QPainter& painter, const PanelGrid& grid, const PanelGroup& group, const GroupLayout& place,
                 QChar letter) {
  painter.setPen(kInk);
  painter.setFont(plate_font(9, true));
  painter.drawText(QRectF(place.title.left(), place.title.top(), 12, 12), Qt::AlignLeft | Qt::AlignTop,
                   QString(letter));
  painter.setFont(plate_font(8, true));
  painter.drawText(QRectF(place.title.left() + 12, place.title.top(), place.title.width() - 14, 12),
                   Qt::AlignLeft | Qt::AlignTop | Qt::TextDontClip, group.title);
  painter.setFont(plate_font(6));
  painter.setPen(kSecondary);
  painter.drawText(place.title.adjusted(12, 12, -4, 0), Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap,
                   group.subtitle);
  for (std::size_t i = 0; i < group.panels.size(); ++i) paint_panel(painter, grid, group.panels[i], place.tiles[i]);
  painter.setFont(plate_font(6));
  paint_color_bar(painter, place.bar, 6, group.bar, group.relative, kInk, kSecondary);
}

}  // namespace

QSizeF plate_size(const Plate& plate) {
  double height = 2 * kMargin + head_height(plate);
  height += layout_panels(plate.grid, kMetrics, tile_side(plate)).size.height() + 6;
  for (const QString& note : plate.footnotes) height += footnote_height(plate, note);
  return {plate.width_mm * kPointsPerMm, std::ceil(height)};
}

void paint_plate(QPainter& painter, const Plate& plate) {
  painter.save();
  painter.fillRect(QRectF(QPointF(0, 0), plate_size(plate)), Qt::white);
  painter.translate(kMargin, kMargin);
  const double width = content_width(plate);

  double y = 0;
  painter.setPen(kInk);
  if (!plate.title.isEmpty()) {
    painter.setFont(plate_font(10, true));
    painter.drawText(QRectF(0, y, width, kTitleHeight), Qt::AlignLeft | Qt::AlignTop, plate.title);
    y += kTitleHeight;
  }
  if (!plate.subtitle.isEmpty()) {
    painter.setFont(plate_font(7));
    painter.setPen(kSecondary);
    painter.drawText(QRectF(0, y, width, kLineHeight), Qt::AlignLeft | Qt::AlignTop, plate.subtitle);
  }

  painter.translate(0, head_height(plate));
  const PanelLayout layout = layout_panels(plate.grid, kMetrics, tile_side(plate));
  char letter = 'a';
  for (std::size_t row = 0; row < layout.rows.size(); ++row)
    for (std::size_t i = 0; i < layout.rows[row].size(); ++i)
      paint_group(painter, plate.grid, plate.grid.rows[row][i], layout.rows[row][i], QChar(letter++));

  y = layout.size.height() + 6;
  painter.setFont(plate_font(7));
  painter.setPen(kSecondary);
  for (const QString& note : plate.footnotes) {
    const double height = footnote_height(plate, note);
    painter.drawText(QRectF(0, y, width, height), Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, note);
    y += height;
  }
  painter.restore();
}

}  // namespace orderscope
