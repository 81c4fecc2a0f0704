// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/values_json.h"

#include <cmath>

#include "core/base/files.h"
#include "core/run/values_files.h"

namespace orderscope::cli {

nlohmann::json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

nlohmann::json to_json(const Matrix& matrix) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t r = 0; r < matrix.rows.size(); ++r) {
    nlohmann::json row = nlohmann::json::array();
    for (std::size_t c = 0; c < matrix.columns.size(); ++c) row.push_back(number_or_null(matrix.at(r, c)));
    rows.push_back(std::move(row));
  }
  return {{"name", matrix.name},
          {"unit", matrix.unit},
          {"rows", matrix.rows},
          {"columns", matrix.columns},
          {"values", rows}};
}

Result<void> write_csv(const std::filesystem::path& path, const Matrix& matrix) {
  return write_file(path, std::string_view(csv_text(matrix)));
}

}  // namespace orderscope::cli
