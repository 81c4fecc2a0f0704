// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/analysis/map.h"

namespace orderscope {

/// One figure with a name: a column of a batch's table. Names are lower case with dots: "deletion.auc".
struct Number {
  std::string name;
  double value = 0;
  std::string unit{};
};

/// y over x, with an interval around y where there is one.
struct Curve {
  std::string name;
  std::string x_label, y_label;
  std::vector<double> x, y;
  std::vector<double> low{}, high{};  ///< empty, or as many as x
};

/// Row-major, rows.size() x columns.size(); NaN where a pair has no value.
struct Matrix {
  std::string name;
  std::vector<std::string> rows, columns;
  std::vector<double> values;
  std::string unit{};

  double at(std::size_t row, std::size_t column) const { return values[row * columns.size() + column]; }
};

/// A map with a name that tells it from the method's other maps, fit for a file name: "stages.3.1", "order.2".
struct NamedMap {
  std::string name;
  Map map;
};

/// Everything that a method found. Raw and signed; nothing is scaled for display.
struct MethodResult {
  std::vector<NamedMap> maps;
  std::vector<Number> numbers;
  std::vector<Curve> curves;
  std::vector<Matrix> matrices;
  std::vector<std::string> warnings;  ///< what a reader must know before believing it
};

}  // namespace orderscope
