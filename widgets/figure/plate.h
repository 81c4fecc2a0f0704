// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSizeF>
#include <QString>
#include <QStringList>

#include "core/base/result.h"
#include "widgets/figure/panel_grid.h"

class QPainter;

namespace orderscope {

/// A figure for print: a panel grid on white with letters, captions and colour bars, and lines of text around it.
struct Plate {
  PanelGrid grid;
  QString title;          ///< one line above, bold
  QString subtitle;       ///< one line under the title
  QStringList footnotes;  ///< under the grid, wrapped: what was computed, on which files
  double width_mm = 180;  ///< two columns of most journals
};

/// Size in points (1/72 inch) that paint_plate fills.
QSizeF plate_size(const Plate& plate);

/// Paints in points from (0, 0); scale the painter for other units. Text stays text on a vector device, and maps are
/// drawn with flat pixels of 600 dpi, which no viewer needs to smooth.
void paint_plate(QPainter& painter, const Plate& plate);

/// One page of the plate's size. Errors: FileAccess.
Result<void> write_plate_pdf(const Plate& plate, const QString& path);

/// Errors: FileAccess; InvalidInput where the picture would be too large.
Result<void> write_plate_png(const Plate& plate, const QString& path, int dpi = 300);

}  // namespace orderscope
