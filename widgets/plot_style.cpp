// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plot_style.h"

#include "widgets/figure/custom_plot.h"
#include "widgets/theme.h"

namespace orderscope {

void style_axis(QCPAxis& axis, const QWidget& widget) {
  const QColor text = widget.palette().color(QPalette::PlaceholderText), line = widget.palette().color(QPalette::Mid);
  QColor grid = line;
  grid.setAlphaF(0.45F);
  axis.setBasePen(QPen(line, 1));
  axis.setTickPen(QPen(line, 1));
  axis.setSubTickPen(Qt::NoPen);
  axis.setTickLabelColor(text);
  axis.setLabelColor(text);
  axis.setTickLabelFont(value_font(small_font(widget.font())));
  axis.setLabelFont(small_font(widget.font()));
  axis.grid()->setPen(QPen(grid, 1));
  axis.grid()->setZeroLinePen(QPen(grid, 1));
  axis.setTickLengthOut(3);
  axis.setTickLengthIn(0);
  axis.setLabelPadding(2);
}

void add_frame(QCustomPlot& plot, double left, double right, const QColor& color) {
  auto* frame = new QCPItemRect(&plot);
  frame->topLeft->setCoords(left, plot.yAxis->range().upper);
  frame->bottomRight->setCoords(right, plot.yAxis->range().lower);
  frame->setPen(QPen(color, 2));
  frame->setBrush(Qt::NoBrush);
  frame->setClipToAxisRect(false);
}

}  // namespace orderscope
