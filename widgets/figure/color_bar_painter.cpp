// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/color_bar_painter.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>

#include "widgets/figure/format.h"

namespace orderscope {

std::vector<ColorBarTick> color_bar_ticks(const ColorScale& scale, bool relative) {
  const Range range = range_of(scale);
  const QString high = relative ? QStringLiteral("max") : value_text(range.high);
  if (is_signed(scale)) {
    const QString low = relative ? QStringLiteral("−max") : value_text(range.low);
    return {{0, low}, {0.5, QStringLiteral("0")}, {1, high}};
  }
  const QString low = range.low < 0 && relative ? QStringLiteral("min") : value_text(range.low);
  return {{0, low}, {1, high}};
}

void paint_color_bar(QPainter& painter, const QRectF& area, double bar_width, const ColorScale& scale, bool relative,
                     const QColor& text, const QColor& frame, double line) {
  const QRectF bar(area.left(), area.top(), bar_width, area.height());
  // Wider than one pixel, or a viewer would smooth it away at the edges.
  const QImage ramp = upright_ramp(scale);
  painter.drawImage(bar, ramp.scaled(8, ramp.height()));
  painter.setPen(QPen(frame, line));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(bar);

  const QFontMetricsF metrics(painter.font(), painter.device());
  const double height = metrics.height();
  const double left = bar.right() + bar_width * 0.4;
  painter.setPen(text);
  for (const ColorBarTick& tick : color_bar_ticks(scale, relative)) {
    const double y = bar.bottom() - tick.position * bar.height();
    const double top = std::clamp(y - height / 2, area.top() - height * 0.15, area.bottom() - height * 0.85);
    painter.drawText(QRectF(left, top, std::max(area.right() - left, 1.0), height), Qt::AlignLeft | Qt::AlignVCenter,
                     tick.label);
  }
}

}  // namespace orderscope
