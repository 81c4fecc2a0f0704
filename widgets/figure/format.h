// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <cstdint>

#include "core/analysis/map.h"

namespace orderscope {

/// Three significant digits: "0.412", "−12.3", "4.13×10⁻⁵".
QString value_text(double value);

/// Three significant digits with their zeros, for columns: "0.660", "12.3".
QString column_text(double value);

/// "0.0203 – 0.6".
QString range_text(const Range& range);
/// "0.02–0.6": two digits, for where there is little room.
QString short_range_text(const Range& range);

/// "±0.40" where the range is symmetric around 0, as range_text otherwise.
QString scale_text(const Range& range);

/// "3.1 M", "22 k".
QString count_text(std::int64_t count);

}  // namespace orderscope
