// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <cstdint>

#include "core/analysis/map.h"

namespace orderscope {

/// Three significant digits, exponents only below 0.001 and from 100000 on: "0.412", "12.3", "4.1e-05".
QString format_value(double value);

/// "0.02 – 0.60".
QString format_range(const Range& range);

/// "±0.40" where the range is symmetric around 0, as format_range otherwise.
QString format_scale(const Range& range);

/// "3.1 M", "22 k".
QString format_count(std::int64_t count);

}  // namespace orderscope
