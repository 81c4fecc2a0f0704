// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "widgets/figure/color_bar_painter.h"
#include "widgets/figure/custom_plot.h"
#include "widgets/figure/elided_name.h"
#include "widgets/figure/format.h"
#include "widgets/figure/plate_parts.h"
#include "widgets/figure/plate_picture.h"

namespace orderscope {
namespace {

constexpr double kBarWidth = 6 * kPoint;
constexpr double kWideEnough = 320 * kPoint;  // below it the titles go above

const Map* first_map(const PanelGroup& group) {
  for (const MapPanel& panel : group.panels)
    if (panel.map) return panel.map.get();
  return nullptr;
}

QString unit_of(const PanelGroup& group) {
  const Map* map = first_map(group);
  return map == nullptr ? QString() : QString::fromStdString(map->unit);
}

double letter_indent(const PlatePainter& plate) { return plate.plate.letters ? 1.7 * plate.plate.font_pt * kPoint : 0; }

/// As wide as the longest word of titles left of the maps: words are not broken.
double side_title_width(const PlatePainter& plate, const PanelGrid& grid) {
  double widest = 30 * kPoint;
  const auto include = [&](const QFont& font, const QString& text) {
    for (const QString& word : text.split(QChar(' '), Qt::SkipEmptyParts))
      widest = std::max(widest, PlateFonts::width(font, word));
  };
  for (const auto& row : grid.rows)
    for (const PanelGroup& group : row) {
      include(plate.fonts.heading, group.title);
      include(plate.fonts.caption, group.subtitle);
    }
  return letter_indent(plate) + std::min(widest, 90 * kPoint) + 5 * kPoint;
}

/// Distances of a grid at a width, and where its tiles come to lie; rows of many maps are wrapped before these become
/// smaller than anybody can read.
struct MapsLayout {
  MapsLayout(const PlatePainter& plate, const PanelGrid& whole, double width) {
    titles_above = width < kWideEnough;
    double labels = 0;
    for (const auto& row : whole.rows)
      for (const PanelGroup& group : row) {
        for (const ColorBarTick& tick : color_bar_ticks(group.bar, group.relative))
          labels = std::max(labels, PlateFonts::width(plate.fonts.caption, tick.label));
        labels = std::max(labels, PlateFonts::width(plate.fonts.caption, unit_of(group)) - kBarWidth);
      }
    metrics.title = titles_above ? 0 : side_title_width(plate, whole);
    metrics.bar = 1.4 * kBarWidth + labels + 6 * kPoint;
    metrics.caption = PlateFonts::height(plate.fonts.caption) + 2 * kPoint;
    metrics.gap = 5 * kPoint;
    metrics.header = PlateFonts::height(plate.fonts.heading) + 1 * kPoint;
    header = titles_above ? PlateFonts::height(plate.fonts.letter) + 1 * kPoint : 0;
    constexpr double kUnlimited = 1e7, kReadable = 12 * kPointsPerMm * kPoint;
    grid = wrapped(whole, metrics, width, kReadable);
    const double tile = std::min(fitting_tile(grid, metrics, {width, kUnlimited}), plate.largest_tile);
    panels = layout_panels(grid, metrics, tile);
    double shift = 0;
    for (std::size_t row = 0; row < panels.rows.size(); ++row) {
      if (!grid.rows[row].front().continued) shift += header;
      for (GroupLayout& group : panels.rows[row]) {
        group.title.translate(0, shift);
        group.bar.translate(0, shift);
        for (QRectF& place : group.tiles) place.translate(0, shift);
      }
    }
    height = panels.size.height() + shift;
  }

  PanelGrid grid;
  bool titles_above = false;
  PanelMetrics metrics;
  double header = 0, height = 0;
  PanelLayout panels;
};

/// What may stand under a map, the longest first.
QStringList captions(const MapPanel& panel) {
  if (!panel.map) return {panel.label};
  const Range range = range_of(*panel.map);
  QStringList all;
  for (const QString& text : {range_text(range), short_range_text(range)})
    all << (panel.label.isEmpty() ? text : panel.label + QStringLiteral("   ") + text);
  return all << panel.label;
}

QFont caption_font(const PlatePainter& plate, const MapPanel& panel, const QRectF& tile) {
  return PlateFonts::fitting(plate.fonts.caption, panel.label, tile.width());
}

/// The longest captions that fit under all maps of a group.
qsizetype fitting_caption(const PlatePainter& plate, const PanelGroup& group, const GroupLayout& place) {
  qsizetype shortest = 0;
  for (std::size_t i = 0; i < group.panels.size(); ++i) {
    const QFont font = caption_font(plate, group.panels[i], place.tiles[i]);
    const QStringList all = captions(group.panels[i]);
    qsizetype fitting = 0;
    while (fitting + 1 < all.size() && PlateFonts::width(font, all[fitting]) > place.tiles[i].width()) ++fitting;
    if (all.size() > 1) shortest = std::max(shortest, fitting);
  }
  return shortest;
}

void paint_tile(QCPPainter& painter, const PlatePainter& plate, const PanelGrid& grid, const MapPanel& panel,
                const QRectF& tile, qsizetype caption) {
  const QRectF picture = paint_picture(painter, grid, panel, tile);
  painter.setPen(QPen(kSecondary, kHairline));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(picture);
  const QFont font = caption_font(plate, panel, tile);
  const QStringList texts = captions(panel);
  painter.setFont(font);
  painter.setPen(QPen(kSecondary));
  painter.drawText(
      QRectF(tile.left(), tile.top() + tile.width() + 1 * kPoint, tile.width(),
             PlateFonts::height(plate.fonts.caption)),
      Qt::AlignLeft | Qt::AlignTop | Qt::TextSingleLine,
      elided_name(texts[std::min(caption, texts.size() - 1)], QFontMetricsF(font), tile.width(), Qt::ElideRight));
}

double dot_side(const PlatePainter& plate) { return 0.55 * plate.plate.font_pt * kPoint; }

/// Of all titles over columns: as large as lets each of them be read.
QFont column_font(const PlatePainter& plate, const PanelGrid& grid, const std::vector<QRectF>& places) {
  QFont font = plate.fonts.heading;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double dot = grid.columns[i].color.isValid() ? 1.6 * dot_side(plate) : 0;
    const double room = places[i].width() - dot;
    font = PlateFonts::fitting(font, grid.columns[i].title, room);
    if (PlateFonts::width(font, grid.columns[i].title) > room) font.setBold(false);
  }
  return font;
}

/// The title over a column, behind a dot in the colour of its model.
void paint_column(QCPPainter& painter, const PlatePainter& plate, const PanelColumn& column, const QFont& font,
                  const QRectF& place) {
  double x = place.left();
  const double baseline = place.top() + QFontMetricsF(plate.fonts.heading).ascent();
  if (column.color.isValid()) {
    const double side = dot_side(plate);
    painter.setPen(Qt::NoPen);
    painter.setBrush(column.color);
    painter.drawEllipse(QRectF(x, baseline - side, side, side));
    x += 1.6 * side;
  }
  const double right = place.right();
  painter.setFont(font);
  painter.setPen(QPen(kInk));
  painter.drawText(QPointF(x, baseline), elided_name(column.title, QFontMetricsF(font), right - x, Qt::ElideMiddle));
  x += PlateFonts::width(font, column.title) + 0.5 * plate.plate.font_pt * kPoint;
  if (column.detail.isEmpty() || PlateFonts::width(plate.fonts.caption, column.detail) > right - x) return;
  painter.setFont(plate.fonts.caption);
  painter.setPen(QPen(kSecondary));
  painter.drawText(QPointF(x, baseline), column.detail);
}

/// A fifth to a half of the picture's width, a round number of the input's pixels.
void paint_scale_bar(QCPPainter& painter, const PlatePainter& plate, const QRectF& picture, int input_width) {
  int pixels = 1;
  for (const int step : {2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000})
    if (step <= input_width * 0.45) pixels = step;
  const QString text = QStringLiteral("%1 px").arg(pixels);
  const double length = picture.width() * pixels / input_width;
  const double right = picture.right() - 3 * kPoint, y = picture.bottom() - 3 * kPoint;
  const QFont& font = plate.fonts.caption;
  const double label = PlateFonts::width(font, text);
  if (std::max(length, label) > picture.width() * 0.8) return;
  // On a plate of its own, for what lies under it may have any colour.
  const QRectF ground(right - std::max(length, label) - 2 * kPoint, y - PlateFonts::height(font) - 1.2 * kPoint,
                      std::max(length, label) + 4 * kPoint, PlateFonts::height(font) + 3.2 * kPoint);
  painter.fillRect(ground, QColor(255, 255, 255, 205));
  painter.setPen(QPen(kInk, 1 * kPoint, Qt::SolidLine, Qt::FlatCap));
  painter.drawLine(QPointF(right - length, y), QPointF(right, y));
  painter.setFont(font);
  painter.setPen(QPen(kInk));
  painter.drawText(QPointF(right - label, y - 1.2 * kPoint - QFontMetricsF(font).descent()), text);
}

void paint_side_title(QCPPainter& painter, PlatePainter& plate, const PanelGroup& group, const QRectF& place) {
  const double indent = letter_indent(plate);
  const double line = PlateFonts::height(plate.fonts.letter);
  if (plate.plate.letters) {
    painter.setFont(plate.fonts.letter);
    painter.setPen(QPen(kInk));
    painter.drawText(QPointF(place.left(), place.top() + QFontMetricsF(plate.fonts.letter).ascent()),
                     panel_letter(plate.letter++));
  }
  const double room = place.width() - indent - 3 * kPoint;
  painter.setFont(plate.fonts.heading);
  painter.setPen(QPen(kInk));
  const QRectF heading = QFontMetricsF(plate.fonts.heading)
                             .boundingRect(QRectF(0, 0, room, place.height()), Qt::TextWordWrap, group.title);
  painter.drawText(QRectF(place.left() + indent, place.top() + (line - PlateFonts::height(plate.fonts.heading)) / 2,
                          room, heading.height()),
                   Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, group.title);
  painter.setFont(plate.fonts.caption);
  painter.setPen(QPen(kSecondary));
  painter.drawText(QRectF(place.left() + indent, place.top() + heading.height() + 2 * kPoint, room,
                          place.height() - heading.height()),
                   Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, group.subtitle);
}

}  // namespace

double maps_height(const PlatePainter& plate, const PanelGrid& grid, double width) {
  return MapsLayout(plate, grid, width).height;
}

void paint_maps(QCPPainter& painter, PlatePainter& plate, const PanelGrid& whole, const QRectF& area) {
  const MapsLayout layout(plate, whole, area.width());
  const PanelGrid& grid = layout.grid;
  painter.translate(area.topLeft());
  const QFont title_font = column_font(plate, grid, layout.panels.columns);
  for (std::size_t i = 0; i < layout.panels.columns.size(); ++i)
    paint_column(painter, plate, grid.columns[i], title_font, layout.panels.columns[i]);
  bool scaled = !plate.plate.scale_bar || grid.photo.isNull();
  for (std::size_t row = 0; row < layout.panels.rows.size(); ++row) {
    for (std::size_t i = 0; i < layout.panels.rows[row].size(); ++i) {
      const PanelGroup& group = grid.rows[row][i];
      const GroupLayout& place = layout.panels.rows[row][i];
      if (group.continued) {
        // Its title stands above.
      } else if (layout.titles_above) {
        const double right = place.bar.right() - place.title.left();
        plate.paint_heading(painter, {place.title.left(), place.title.top() - layout.header}, right, group.title,
                            group.subtitle);
      } else {
        paint_side_title(painter, plate, group, place.title);
      }
      const qsizetype caption = fitting_caption(plate, group, place);
      for (std::size_t k = 0; k < group.panels.size(); ++k) {
        paint_tile(painter, plate, grid, group.panels[k], place.tiles[k], caption);
        // A part of another photo has pixels of another size.
        if (scaled || !group.panels[k].map || group.panels[k].frame) continue;
        const QRectF& tile = place.tiles[k];
        paint_scale_bar(painter, plate, {tile.left(), tile.top(), tile.width(), tile.width()}, grid.photo.width());
        scaled = true;
      }
      if (first_map(group) == nullptr) continue;
      painter.setFont(plate.fonts.caption);
      paint_color_bar(painter, place.bar, kBarWidth, group.bar, group.relative, kInk, kSecondary, kHairline);
      painter.setPen(QPen(kSecondary));
      painter.drawText(
          QPointF(place.bar.left(), place.bar.bottom() + 1 * kPoint + QFontMetricsF(plate.fonts.caption).ascent()),
          unit_of(group));
    }
  }
}

}  // namespace orderscope
