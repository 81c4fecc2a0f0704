// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/analysis/values.h"
#include "core/base/result.h"

namespace orderscope::cli {

/// JSON has no NaN and no infinity.
nlohmann::json number_or_null(double value);

/// {name, unit, rows, columns, values: [[row], ...]}; null where a pair has no value.
nlohmann::json to_json(const Matrix& matrix);

/// The matrix with row and column names; an empty cell for no value. Errors: FileAccess.
Result<void> write_csv(const std::filesystem::path& path, const Matrix& matrix);

}  // namespace orderscope::cli
