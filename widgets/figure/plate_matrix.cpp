// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "widgets/figure/color_bar_painter.h"
#include "widgets/figure/custom_plot.h"
#include "widgets/figure/format.h"
#include "widgets/figure/plate_parts.h"

namespace orderscope {
namespace {

constexpr double kBarWidth = 6 * kPoint;
constexpr double kLargestCell = 22 * kPoint;
constexpr int kPixelsPerCell = 8;  // a viewer that smooths images must not run cells into each other

double widest(const QFont& font, const std::vector<std::string>& labels) {
  double width = 0;
  for (const std::string& label : labels)
    width = std::max(width, PlateFonts::width(font, QString::fromStdString(label)));
  return width;
}

struct MatrixLayout {
  MatrixLayout(const PlatePainter& parts, const MatrixPanel& panel, double width) {
    const QFont& font = parts.fonts.caption;
    line = PlateFonts::height(font);
    rows = std::max<double>(1, static_cast<double>(panel.matrix.rows.size()));
    columns = std::max<double>(1, static_cast<double>(panel.matrix.columns.size()));
    left = std::min(widest(font, panel.matrix.rows) + 3 * kPoint, width * 0.35);
    if (!panel.row_title.isEmpty()) left += line;
    double labels = 0;
    for (const ColorBarTick& tick : color_bar_ticks(panel.scale, false))
      labels = std::max(labels, PlateFonts::width(font, tick.label));
    bar = 5 * kPoint + kBarWidth * 1.4 +
          std::max(labels, PlateFonts::width(font, QString::fromStdString(panel.matrix.unit)));
    cell = std::clamp((width - left - bar) / columns, 1.0, kLargestCell);
    // Names of columns that do not fit side by side are turned.
    const double names = widest(font, panel.matrix.columns);
    upright = names + 2 * kPoint > cell;
    bottom = (upright ? std::min(names, 80 * kPoint) : line) + 3 * kPoint;
    if (!panel.column_title.isEmpty()) bottom += line;
    height = cell * rows + bottom;
  }

  double line = 0, rows = 0, columns = 0, left = 0, bar = 0, cell = 0, bottom = 0, height = 0;
  bool upright = false;
};

QImage cells_image(const MatrixPanel& panel) {
  const auto rows = static_cast<int>(panel.matrix.rows.size()), columns = static_cast<int>(panel.matrix.columns.size());
  QImage image(columns * kPixelsPerCell, rows * kPixelsPerCell, QImage::Format_RGB32);
  for (int y = 0; y < image.height(); ++y) {
    auto* pixels = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < image.width(); ++x)
      pixels[x] = to_qrgb(panel.scale(static_cast<float>(panel.matrix.at(
          static_cast<std::size_t>(y / kPixelsPerCell), static_cast<std::size_t>(x / kPixelsPerCell)))));
  }
  return image;
}

/// Every how many-th label has room.
std::size_t label_step(double line, double cell) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(line * 0.95 / cell)));
}

void paint_values(QCPPainter& painter, const PlatePainter& parts, const MatrixPanel& panel, const MatrixLayout& l) {
  painter.setFont(parts.fonts.caption);
  for (std::size_t r = 0; r < panel.matrix.rows.size(); ++r)
    for (std::size_t c = 0; c < panel.matrix.columns.size(); ++c) {
      const double value = panel.matrix.at(r, c);
      const QString text =
          std::isfinite(value) ? QString::number(value, 'f', 2).replace('-', QStringLiteral("−")) : QString();
      if (PlateFonts::width(parts.fonts.caption, text) > l.cell * 0.95) continue;
      const Rgb ground = panel.scale(static_cast<float>(value));
      const bool dark = 299 * ground.r + 587 * ground.g + 114 * ground.b < 128'000;
      painter.setPen(QPen(dark ? QColor(Qt::white) : kInk));
      painter.drawText(
          QRectF(l.left + static_cast<double>(c) * l.cell, static_cast<double>(r) * l.cell, l.cell, l.cell),
          Qt::AlignCenter | Qt::TextSingleLine, text);
    }
}

}  // namespace

double matrix_height(const PlatePainter& parts, const MatrixPanel& panel, double width) {
  return MatrixLayout(parts, panel, width).height;
}

void paint_matrix(QCPPainter& painter, const PlatePainter& parts, const MatrixPanel& panel, const QRectF& area) {
  const MatrixLayout l(parts, panel, area.width());
  const QFont& font = parts.fonts.caption;
  const QFontMetricsF metrics(font);
  if (panel.matrix.rows.empty() || panel.matrix.columns.empty()) return;
  painter.save();
  painter.translate(area.topLeft());
  const QRectF cells(l.left, 0, l.cell * l.columns, l.cell * l.rows);
  painter.drawImage(cells, cells_image(panel));
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(kSecondary, kHairline));
  painter.drawRect(cells);
  if (panel.write_values) paint_values(painter, parts, panel, l);

  painter.setFont(font);
  painter.setPen(QPen(kSecondary));
  const double title_room = panel.row_title.isEmpty() ? 0 : l.line;
  const std::size_t step = label_step(l.line, l.cell);
  for (std::size_t r = 0; r < panel.matrix.rows.size(); r += step) {
    const double room = l.left - title_room - 2 * kPoint;
    const QString text = metrics.elidedText(QString::fromStdString(panel.matrix.rows[r]), Qt::ElideRight, room);
    painter.drawText(QRectF(title_room, (static_cast<double>(r) + 0.5) * l.cell - l.line / 2, room, l.line),
                     Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, text);
  }
  const std::size_t column_step = l.upright ? step : 1;
  const double title_below = panel.column_title.isEmpty() ? 0 : l.line;
  for (std::size_t c = 0; c < panel.matrix.columns.size(); c += column_step) {
    const double middle = l.left + (static_cast<double>(c) + 0.5) * l.cell;
    const double room = l.bottom - title_below - 2 * kPoint;
    const QString text = QString::fromStdString(panel.matrix.columns[c]);
    painter.save();
    painter.translate(middle, cells.bottom() + 2 * kPoint);
    if (l.upright) {
      painter.rotate(-90);
      const QString elided = metrics.elidedText(text, Qt::ElideRight, room);
      painter.drawText(QPointF(-PlateFonts::width(font, elided), metrics.ascent() / 2 - metrics.descent() / 2), elided);
    } else {
      painter.drawText(QRectF(-l.cell / 2, 0, l.cell, l.line), Qt::AlignCenter | Qt::TextSingleLine, text);
    }
    painter.restore();
  }
  painter.setPen(QPen(kInk));
  if (title_below > 0)
    painter.drawText(QRectF(cells.left(), l.height - l.line, cells.width(), l.line),
                     Qt::AlignCenter | Qt::TextSingleLine, panel.column_title);
  if (title_room > 0) {
    painter.save();
    painter.translate(metrics.ascent(), cells.center().y());
    painter.rotate(-90);
    painter.drawText(QPointF(-PlateFonts::width(font, panel.row_title) / 2, 0), panel.row_title);
    painter.restore();
  }
  const QRectF bar(cells.right() + 5 * kPoint, 0, l.bar - 5 * kPoint, std::min(cells.height(), 90 * kPoint));
  paint_color_bar(painter, bar, kBarWidth, panel.scale, false, kInk, kSecondary, kHairline);
  painter.setPen(QPen(kSecondary));
  painter.drawText(QPointF(bar.left(), bar.bottom() + 1 * kPoint + metrics.ascent()),
                   QString::fromStdString(panel.matrix.unit));
  painter.restore();
}

}  // namespace orderscope
