// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QCPAxis;
class QWidget;

namespace orderscope {

/// An axis in the window's colours and fonts, those of `widget`: no frame, a thin grid, tabular figures.
void style_axis(QCPAxis& axis, const QWidget& widget);

}  // namespace orderscope
