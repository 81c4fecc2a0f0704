// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRectF>

#include "widgets/figure/panel_grid.h"

class QCPPainter;

namespace orderscope {

/// Paints a panel's map, or what of it is coloured already, over its photo into the upper square of `tile`, contours as
/// lines. The image has the photo's resolution, cells as whole pixels where they divide it. Gives the picture's place:
/// less than the square for what is not square.
QRectF paint_picture(QCPPainter& painter, const PanelGrid& grid, const MapPanel& panel, const QRectF& tile);

}  // namespace orderscope
