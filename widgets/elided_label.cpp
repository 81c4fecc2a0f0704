// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/elided_label.h"

#include <QFontMetrics>
#include <QPainter>

#include "widgets/figure/elided_name.h"

namespace orderscope {

ElidedLabel::ElidedLabel(QPalette::ColorRole role, QWidget* parent, Qt::TextElideMode mode)
    : QWidget(parent), role_(role), mode_(mode) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ElidedLabel::set_text(const QString& text) {
  text_ = text;
  setAccessibleName(text);
  update_tool_tip();
  updateGeometry();
  update();
}

QSize ElidedLabel::sizeHint() const {
  const QFontMetrics metrics(font());
  return {metrics.horizontalAdvance(text_) + 1, metrics.height()};
}

QSize ElidedLabel::minimumSizeHint() const { return {0, QFontMetrics(font()).height()}; }

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(palette().color(role_));
  painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                   elided_name(text_, QFontMetrics(font()), width(), mode_));
}

void ElidedLabel::resizeEvent(QResizeEvent* event) {
  update_tool_tip();
  QWidget::resizeEvent(event);
}

void ElidedLabel::update_tool_tip() {
  setToolTip(QFontMetrics(font()).horizontalAdvance(text_) > width() ? text_ : QString());
}

}  // namespace orderscope
