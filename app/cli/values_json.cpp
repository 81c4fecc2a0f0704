// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/values_json.h"

namespace orderscope::cli {

nlohmann::json to_json(const Matrix& matrix) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t r = 0; r < matrix.rows.size(); ++r) {
    nlohmann::json row = nlohmann::json::array();
    for (std::size_t c = 0; c < matrix.columns.size(); ++c) row.push_back(matrix.at(r, c));
    rows.push_back(std::move(row));
  }
  return {{"name", matrix.name},
          {"unit", matrix.unit},
          {"rows", matrix.rows},
          {"columns", matrix.columns},
          {"values", rows}};
}

}  // namespace orderscope::cli
