// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRectF>

#include "widgets/figure/plate.h"
#include "widgets/figure/plate_style.h"

namespace orderscope {

/// What the painters of the kinds of panels share. Everything is in plate units (plate_style.h).
struct PlatePainter {
  explicit PlatePainter(const Plate& plate) : plate(plate), fonts(plate.font_pt) {}

  const Plate& plate;
  PlateFonts fonts;
  int letter = 0;                      ///< of the next part
  double plots = 1;                    ///< of their heights, the same
  double largest_tile = 130 * kPoint;  ///< of maps: less where the plate would be taller than a page

  /// Letter and title on one line, elided to `width`; gives the line's height, also when there is nothing on it.
  double paint_heading(QCPPainter& painter, QPointF at, double width, const QString& title, const QString& subtitle);
  double heading_height(const QString& title) const;
};

/// How high a panel is at a width, its heading included, and how it is painted there.
double part_height(const PlatePainter& plate, const PlatePanel& panel, double width);
void paint_part(QCPPainter& painter, PlatePainter& plate, const PlatePanel& panel, const QRectF& area);

// One pair for each kind; without the heading, but for maps, which have one a group.
double maps_height(const PlatePainter& plate, const PanelGrid& grid, double width);
void paint_maps(QCPPainter& painter, PlatePainter& plate, const PanelGrid& grid, const QRectF& area);
double plot_height(const PlatePainter& plate, const PlotPanel& plot, double width);
void paint_plot(QCPPainter& painter, const PlatePainter& plate, const PlotPanel& plot, const QRectF& area);
double matrix_height(const PlatePainter& plate, const MatrixPanel& matrix, double width);
void paint_matrix(QCPPainter& painter, const PlatePainter& plate, const MatrixPanel& matrix, const QRectF& area);
/// That lets every cell be read, in plate units.
double table_width(const PlatePainter& parts, const TablePanel& panel);
double table_height(const PlatePainter& plate, const TablePanel& table, double width);
void paint_table(QCPPainter& painter, const PlatePainter& plate, const TablePanel& table, const QRectF& area);

}  // namespace orderscope
