// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/format.h"

#include <algorithm>
#include <cmath>

#include "core/image/ticks.h"

namespace orderscope {

QString value_text(double value) { return QString::fromStdString(format_value(value)); }

QString column_text(double value) {
  const double magnitude = std::abs(value);
  if (!std::isfinite(value) || magnitude < 1e-3 || magnitude >= 1e4) return value_text(value);
  const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(magnitude))), 0, 5);
  const QString digits = QString::number(magnitude, 'f', decimals);
  return value < 0 ? QStringLiteral("−") + digits : digits;
}

QString range_text(const Range& range) {
  return QStringLiteral("%1 – %2").arg(value_text(range.low), value_text(range.high));
}

QString short_range_text(const Range& range) {
  const auto rounded = [](float value) {
    if (!std::isfinite(value) || value == 0) return value_text(value);
    const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 1);
    return value_text(std::round(value / unit) * unit);
  };
  return rounded(range.low) + QStringLiteral("–") + rounded(range.high);
}

QString scale_text(const Range& range) {
  if (range.high > 0 && range.low == -range.high) return QStringLiteral("±") + value_text(range.high);
  return range_text(range);
}

QString count_text(std::int64_t count) {
  const auto value = static_cast<double>(count);
  if (count >= 1'000'000'000) return QString::number(value / 1e9, 'f', 1) + QStringLiteral(" G");
  if (count >= 1'000'000) return QString::number(value / 1e6, 'f', 1) + QStringLiteral(" M");
  if (count >= 10'000) return QString::number(value / 1e3, 'f', 0) + QStringLiteral(" k");
  return QString::number(count);
}

}  // namespace orderscope
