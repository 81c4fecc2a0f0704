// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <optional>
#include <variant>
#include <vector>

#include "core/analysis/values.h"
#include "core/run/panel_result.h"
#include "widgets/figure/panel_grid.h"

class QCustomPlot;

namespace orderscope {

struct PlotRange {
  double low = 0, high = 1;
};

/// NaN interrupts the line.
struct PlotLine {
  QString name;  ///< written at its right end
  std::vector<double> x, y;
  std::vector<double> low{}, high{};  ///< a band around it; empty, or as many as x
  QColor color{};                     ///< default: model_color of its place
  bool dashed = false;
};

/// One value a category; several lie on each other.
struct PlotBars {
  QString name;
  std::vector<double> values;
  QColor color{};
};

/// Lines or bars over common axes.
struct PlotPanel {
  std::vector<PlotLine> lines;
  std::vector<PlotBars> bars;
  QStringList categories;                     ///< under the bars
  QString x_label, y_label;                   ///< with their units
  std::optional<PlotRange> x_range, y_range;  ///< default: all values. Bars without categories divide x_range
  double aspect = 0.62;                       ///< height : width
};

struct MatrixPanel {
  Matrix matrix;
  ColorScale scale;
  QString row_title, column_title;
  bool write_values = false;  ///< in the cells, where they have room
};

struct TablePanel {
  Table table;
};

/// A part of a plate with a letter of its own; of a grid every group has one.
struct PlatePanel {
  QString title;
  double width = 1;  ///< of the plate's width; neighbours share a line while they fit, then lie under the last of them
  std::variant<PanelGrid, PlotPanel, MatrixPanel, TablePanel> content;
  Provenance provenance;  ///< of what has none itself: maps carry their own
};

PlotPanel plot_of(const std::vector<Curve>& curves);

/// The graphs and bars of a plot on screen with its axes' labels and ranges, in the colours they have there. It is not
/// changed; its getters are not const.
PlotPanel plot_of(QCustomPlot& plot);

}  // namespace orderscope
