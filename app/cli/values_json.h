// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/analysis/values.h"

namespace orderscope::cli {

/// {name, unit, rows, columns, values: [[row], ...]}; null where a pair has no value.
nlohmann::json to_json(const Matrix& matrix);

/// A number for a CSV cell, empty where it is not finite.
std::string csv_cell(double value);

}  // namespace orderscope::cli
