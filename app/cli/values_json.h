// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "core/analysis/values.h"

namespace orderscope::cli {

/// {name, unit, rows, columns, values: [[row], ...]}; null where a pair has no value.
nlohmann::json to_json(const Matrix& matrix);

}  // namespace orderscope::cli
