// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/color_bar.h"

#include <QPainter>

#include "widgets/figure/color_bar_painter.h"
#include "widgets/figure/format.h"
#include "widgets/theme.h"

namespace orderscope {

ColorBar::ColorBar(QWidget* parent) : QWidget(parent) {}

void ColorBar::set_scale(const ColorScale& scale, bool relative) {
  scale_ = scale;
  relative_ = relative;
  const QString range = relative ? tr("each map has its own range") : scale_text(range_of(scale));
  setAccessibleName(tr("Colour scale: %1").arg(range));
  setToolTip(relative ? tr("Every map is drawn over its own range, written under it")
                      : tr("All maps of this row share the range %1").arg(range));
  update();
}

void ColorBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setFont(value_font(small_font(font())));
  paint_color_bar(painter, QRectF(rect()).adjusted(0, 0.5, 0, -0.5), 3 * kStep, scale_, relative_,
                  palette().color(QPalette::PlaceholderText), palette().color(QPalette::Mid));
}

}  // namespace orderscope
