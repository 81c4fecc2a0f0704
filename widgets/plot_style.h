// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QColor;
class QCPAxis;
class QCustomPlot;
class QWidget;

namespace orderscope {

/// An axis in the window's colours and fonts, those of `widget`: no frame, a thin grid, tabular figures.
void style_axis(QCPAxis& axis, const QWidget& widget);

/// A frame around the part of a plot between two places of its x axis.
void add_frame(QCustomPlot& plot, double left, double right, const QColor& color);

}  // namespace orderscope
