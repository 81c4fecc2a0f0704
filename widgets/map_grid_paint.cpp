// SPDX-License-Identifier: GPL-3.0-or-later
// What a grid draws around its tiles: titles of columns and rows.
#include <QFontMetrics>
#include <QPainter>
#include <algorithm>
#include <iterator>

#include "widgets/figure/elided_name.h"
#include "widgets/map_grid.h"
#include "widgets/theme.h"

namespace orderscope {
namespace {

void paint_dot(QPainter& painter, QPointF centre, const QColor& color) {
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  painter.drawEllipse(centre, 4.5, 4.5);
}

}  // namespace

void MapGrid::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paint_columns(painter);
  paint_titles(painter);
}

void MapGrid::paint_columns(QPainter& painter) const {
  constexpr double kDot = 16;
  const auto place_of = [&](std::size_t index) {
    QRectF area = layout_.columns[index].adjusted(0, 0, 0, -kStep);
    if (index + 1 == layout_.columns.size()) area.setRight(std::max<double>(area.right(), width()));
    if (grid_.columns[index].color.isValid()) area.setLeft(area.left() + kDot);
    return area;
  };
  // Smaller before one is cut, and all of one size.
  QFont bold = font();
  bold.setBold(true);
  const QFont sizes[] = {bold, small_font(bold), small_font(font())};
  const auto* fitting = std::ranges::find_if(sizes, [&](const QFont& size) {
    for (std::size_t i = 0; i < layout_.columns.size(); ++i)
      if (QFontMetrics(size).horizontalAdvance(grid_.columns[i].title) > place_of(i).width()) return false;
    return true;
  });
  const QFont& title_font = fitting == std::end(sizes) ? sizes[1] : *fitting;
  for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
    const PanelColumn& column = grid_.columns[i];
    QRectF area = place_of(i);
    if (column.color.isValid()) paint_dot(painter, QPointF(area.left() - kDot + 5, area.center().y()), column.color);
    painter.setFont(title_font);
    const QFontMetrics metrics(painter.font());
    painter.setPen(palette().color(QPalette::Text));
    const QString title = elided_name(column.title, metrics, area.width(), Qt::ElideMiddle);
    painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, title);
    area.setLeft(area.left() + metrics.horizontalAdvance(title) + 2 * kStep);
    painter.setFont(small_font(font()));
    const QFontMetrics small(painter.font());
    if (column.detail.isEmpty() || area.width() < small.horizontalAdvance(column.detail)) continue;
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, column.detail);
  }
}

void MapGrid::paint_titles(QPainter& painter) const {
  if (title_width_ < 8 * kStep) return;
  QFont title_font = font();
  title_font.setBold(true);
  for (std::size_t row = 0; row < layout_.rows.size(); ++row) {
    for (std::size_t i = 0; i < layout_.rows[row].size(); ++i) {
      const PanelGroup& group = grid_.rows[row][i];
      if (group.continued) continue;
      // The title and its second line stand together, centred beside the pictures.
      QRectF area = layout_.rows[row][i].title.adjusted(0, 0, -2 * kStep, 0);
      const QRectF dot(area.topLeft(), QSizeF(16, area.height()));
      if (group.color.isValid()) area.setLeft(dot.right());
      const QFontMetrics small(small_font(font())), bold(title_font);
      const int text_height = small.boundingRect(area.toRect(), Qt::TextWordWrap, group.subtitle).height();
      const int title_height = bold.boundingRect(area.toRect(), Qt::TextWordWrap, group.title).height();
      const double top = area.center().y() - (title_height + text_height) / 2.0;
      if (group.color.isValid()) paint_dot(painter, QPointF(dot.left() + 5, top + bold.height() / 2.0), group.color);
      painter.setFont(title_font);
      painter.setPen(palette().color(QPalette::Text));
      painter.drawText(QRectF(area.left(), top, area.width(), title_height), Qt::AlignLeft | Qt::TextWordWrap,
                       group.title);
      painter.setFont(small_font(font()));
      painter.setPen(palette().color(QPalette::PlaceholderText));
      painter.drawText(QRectF(area.left(), top + title_height + 1, area.width(), text_height + 2),
                       Qt::AlignLeft | Qt::TextWordWrap, group.subtitle);
    }
  }
}

}  // namespace orderscope
