// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "widgets/figure/custom_plot.h"
#include "widgets/figure/plate_parts.h"

namespace orderscope {
namespace {

constexpr double kColumnGap = 9 * kPoint;
constexpr double kRuleRoom = 2.5 * kPoint;  // between a rule and the line of text beside it

QString header_of(const Table& table, std::size_t column) { return QString::fromStdString(table.columns[column]); }

QString text_of(const Table& table, std::size_t row, std::size_t column) {
  const auto& cells = table.rows[row];
  return column < cells.size() ? QString::fromStdString(cells[column].text) : QString();
}

/// Numbers stand at the right, words at the left.
bool is_numeric(const Table& table, std::size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(),
                     [&](const auto& row) { return column < row.size() && row[column].value.has_value(); });
}

constexpr double kSmallest = 0.7;  // of the size that letters have where there is room

struct Columns {
  std::vector<double> widths;
  QFont heading, text;
};

QFont scaled(QFont font, double factor) {
  if (font.pointSizeF() > 0)
    font.setPointSizeF(font.pointSizeF() * factor);
  else
    font.setPixelSize(std::max(static_cast<int>(font.pixelSize() * factor), 1));
  return font;
}

/// As wide as their contents; where there is no room all is smaller by the same factor, letters down to kSmallest.
Columns columns_of(const PlatePainter& parts, const Table& table, double width) {
  std::vector<double> widths;
  double total = 0;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    double widest = PlateFonts::width(parts.fonts.heading, header_of(table, c));
    for (std::size_t r = 0; r < table.rows.size(); ++r)
      widest = std::max(widest, PlateFonts::width(parts.fonts.text, text_of(table, r, c)));
    widths.push_back(widest);
    total += widest;
  }
  const double room = width - kColumnGap * static_cast<double>(widths.size() - (widths.empty() ? 0 : 1));
  const double factor = total > room && total > 0 ? std::max(room, 0.0) / total : 1;
  for (double& column : widths) column *= factor;
  // A little less, as letters do not shrink evenly.
  const double letters = factor < 1 ? std::max(0.97 * factor, kSmallest) : 1;
  return {std::move(widths), scaled(parts.fonts.heading, letters), scaled(parts.fonts.text, letters)};
}

double line_height(const PlatePainter& parts) { return PlateFonts::height(parts.fonts.text) * 1.08; }

}  // namespace

double table_width(const PlatePainter& parts, const TablePanel& panel) {
  constexpr double kAnyWidth = 1e6;
  const std::vector<double> widths = columns_of(parts, panel.table, kAnyWidth).widths;
  double width = kColumnGap * static_cast<double>(widths.size());
  for (const double column : widths) width += column * (kSmallest + 0.1);
  return width;
}

double table_height(const PlatePainter& parts, const TablePanel& panel, double) {
  return line_height(parts) * static_cast<double>(panel.table.rows.size() + 1) + 4 * kRuleRoom;
}

void paint_table(QCPPainter& painter, const PlatePainter& parts, const TablePanel& panel, const QRectF& area) {
  const Table& table = panel.table;
  const Columns columns = columns_of(parts, table, area.width());
  const std::vector<double>& widths = columns.widths;
  double right = area.left() - kColumnGap;
  for (const double width : widths) right += width + kColumnGap;
  const double line = line_height(parts);
  const auto rule = [&](double y, double thickness) {
    painter.setPen(QPen(kInk, thickness * kPoint, Qt::SolidLine, Qt::FlatCap));
    painter.drawLine(QPointF(area.left(), y), QPointF(right, y));
  };
  const auto write = [&](double y, std::size_t column, const QString& text, const QFont& font) {
    double x = area.left();
    for (std::size_t c = 0; c < column; ++c) x += widths[c] + kColumnGap;
    painter.setFont(font);
    painter.setPen(QPen(kInk));
    const bool numeric = is_numeric(table, column);
    painter.drawText(QRectF(x, y, widths[column] + 1, line),
                     (numeric ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter | Qt::TextSingleLine,
                     QFontMetricsF(font).elidedText(text, Qt::ElideRight, widths[column] + 1));
  };
  double y = area.top();
  rule(y, 0.8);
  y += kRuleRoom;
  for (std::size_t c = 0; c < widths.size(); ++c) write(y, c, header_of(table, c), columns.heading);
  y += line + kRuleRoom;
  rule(y, 0.4);
  y += kRuleRoom;
  for (std::size_t r = 0; r < table.rows.size(); ++r, y += line)
    for (std::size_t c = 0; c < widths.size(); ++c) write(y, c, text_of(table, r, c), columns.text);
  rule(y + kRuleRoom / 2, 0.8);
}

}  // namespace orderscope
