// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRectF>
#include <QString>
#include <vector>

#include "widgets/figure/color_scale.h"

class QColor;
class QPainter;

namespace orderscope {

struct ColorBarTick {
  double position = 0;  ///< 0 at the low end, 1 at the high end
  QString label;
};

/// Ends and, on a signed scale, 0. A relative bar says "max" and "−max" instead of numbers.
std::vector<ColorBarTick> color_bar_ticks(const ColorScale& scale, bool relative);

/// A vertical bar of width `bar_width` at the left of `area`, its labels to the right of it in the painter's font.
/// `line` is the frame's width; 0: one pixel.
void paint_color_bar(QPainter& painter, const QRectF& area, double bar_width, const ColorScale& scale, bool relative,
                     const QColor& text, const QColor& frame, double line = 0);

}  // namespace orderscope
