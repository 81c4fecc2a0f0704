// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/values_files.h"

#include <algorithm>
#include <limits>

#include "core/base/csv.h"

namespace orderscope {

std::string csv_text(const Matrix& matrix, const std::string& corner) {
  CsvWriter csv;
  csv.add(corner);
  for (const std::string& column : matrix.columns) csv.add(column);
  csv.end_row();
  for (std::size_t r = 0; r < matrix.rows.size(); ++r) {
    csv.add(matrix.rows[r]);
    for (std::size_t c = 0; c < matrix.columns.size(); ++c) csv.add(matrix.at(r, c));
    csv.end_row();
  }
  return csv.text();
}

std::string csv_text(const std::vector<Curve>& curves) {
  const bool intervals =
      std::any_of(curves.begin(), curves.end(), [](const Curve& curve) { return !curve.low.empty(); });
  CsvWriter csv;
  csv.add("curve").add("x").add("y");
  if (intervals) csv.add("low").add("high");
  csv.end_row();
  for (const Curve& curve : curves) {
    const auto value = [](const std::vector<double>& values, std::size_t i) {
      return i < values.size() ? values[i] : std::numeric_limits<double>::quiet_NaN();
    };
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      csv.add(curve.name).add(curve.x[i]).add(value(curve.y, i));
      if (intervals) csv.add(value(curve.low, i)).add(value(curve.high, i));
      csv.end_row();
    }
  }
  return csv.text();
}

std::string csv_text(const Table& table) {
  CsvWriter csv;
  for (const std::string& column : table.columns) csv.add(column);
  csv.end_row();
  for (const auto& row : table.rows) {
    for (const Table::Cell& cell : row) {
      if (cell.value)
        csv.add(*cell.value);
      else
        csv.add(cell.text);
    }
    csv.end_row();
  }
  return csv.text();
}

}  // namespace orderscope
