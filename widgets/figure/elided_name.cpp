// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/elided_name.h"

#include <QStringList>
#include <algorithm>

namespace orderscope {
namespace {

bool is_number(const QString& part) {
  return !part.isEmpty() && std::ranges::all_of(part, [](QChar c) { return c.isDigit(); });
}

}  // namespace

QString elided_name(const QString& text, const QFontMetricsF& metrics, double width, Qt::TextElideMode mode) {
  if (metrics.horizontalAdvance(text) <= width) return text;
  QStringList parts = text.split('.');
  if (!text.contains(' ') && std::ranges::any_of(parts, is_number)) {
    const QString ellipsis = QStringLiteral("…");
    for (qsizetype i = parts.size() - 1; i >= 0; --i) {
      if (is_number(parts[i])) continue;
      parts[i] = ellipsis;
      const QString shorter = parts.join('.').replace(QStringLiteral("…."), ellipsis);
      if (metrics.horizontalAdvance(shorter) <= width) return shorter;
    }
  }
  return metrics.elidedText(text, mode, width);
}

}  // namespace orderscope
