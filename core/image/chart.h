// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/image/canvas.h"

namespace orderscope {

/// One line of a chart, with an interval around it where there is one. NaN interrupts the line.
struct ChartLine {
  std::string name;
  std::vector<double> x, y;
  std::vector<double> low{}, high{};  ///< drawn as a band; empty, or as many as x
  std::optional<Rgb> color{};         ///< default: model_color of its place
  bool dashed = false;
};

struct ChartRange {
  double low = 0, high = 1;
};

/// A line chart: no frame, a thin grid, units on the axes, lines labelled at their right ends.
struct Chart {
  std::string title, subtitle{};
  std::string x_label, y_label;
  std::vector<ChartLine> lines;
  std::optional<ChartRange> x_range{}, y_range{};  ///< default: all values
  int width = 800, height = 500;                   ///< pixels
  bool dark = false;
};

/// Errors: InvalidInput (no finite value; x, y, low, high of different lengths; a size under 160 pixels or a figure of
/// more than 179 megapixels).
Result<Image> draw_chart(const Chart& chart);

/// A matrix as coloured cells with its colour bar, the first row on top.
struct MatrixFigure {
  std::string title, subtitle{};
  std::vector<std::string> rows, columns;  ///< labels; as many as the matrix has
  std::string row_title{}, column_title{};
  std::vector<double> values;  ///< row-major; NaN in the colour of missing
  ColorScale scale;
  std::string unit{};
  bool write_values = false;  ///< in the cells, where they have room
  bool dark = false;
};

/// Errors: InvalidInput (empty, or sizes that do not fit).
Result<Image> draw_matrix(const MatrixFigure& figure);

}  // namespace orderscope
