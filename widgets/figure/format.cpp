// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/format.h"

#include <algorithm>
#include <cmath>

namespace orderscope {

QString format_value(double value) {
  if (std::isnan(value)) return QStringLiteral("NaN");
  if (std::isinf(value)) return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
  if (value == 0) return QStringLiteral("0");
  const double magnitude = std::abs(value);
  QString text;
  if (magnitude < 1e-3 || magnitude >= 1e5) {
    text = QString::number(magnitude, 'e', 1);
  } else {
    const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(magnitude))), 0, 3);
    text = QString::number(magnitude, 'f', decimals);
  }
  return value < 0 ? QStringLiteral("−") + text : text;
}

QString format_range(const Range& range) {
  return QStringLiteral("%1 – %2").arg(format_value(range.low), format_value(range.high));
}

QString format_scale(const Range& range) {
  if (range.high > 0 && range.low == -range.high) return QStringLiteral("±") + format_value(range.high);
  return format_range(range);
}

QString format_count(std::int64_t count) {
  const auto value = static_cast<double>(count);
  if (count >= 1'000'000'000) return QString::number(value / 1e9, 'f', 1) + QStringLiteral(" G");
  if (count >= 1'000'000) return QString::number(value / 1e6, 'f', 1) + QStringLiteral(" M");
  if (count >= 10'000) return QString::number(value / 1e3, 'f', 0) + QStringLiteral(" k");
  return QString::number(count);
}

}  // namespace orderscope
