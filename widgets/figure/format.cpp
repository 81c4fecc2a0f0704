// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/format.h"

#include "core/image/ticks.h"

namespace orderscope {

QString value_text(double value) { return QString::fromStdString(format_value(value)); }

QString range_text(const Range& range) {
  return QStringLiteral("%1 – %2").arg(value_text(range.low), value_text(range.high));
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
