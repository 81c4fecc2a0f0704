// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "core/analysis/values.h"
#include "core/run/panel_result.h"

namespace orderscope {

/// CSV with a header line. A matrix: a line a row, its name first, under `corner`. Curves: a line a point: curve, x, y
/// and, where any has an interval, low, high. A table: numbers with all their digits.
std::string csv_text(const Matrix& matrix, const std::string& corner = "layer");
std::string csv_text(const std::vector<Curve>& curves);
std::string csv_text(const Table& table);

}  // namespace orderscope
