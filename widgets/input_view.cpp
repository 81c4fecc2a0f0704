// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/input_view.h"

#include <QMouseEvent>
#include <QPainter>

#include "widgets/theme.h"

namespace orderscope {

InputView::InputView(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setAccessibleName(tr("Picture as the model sees it"));
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void InputView::set_image(const QImage& image) {
  image_ = image;
  update();
}

void InputView::set_hint(const QString& hint) {
  hint_ = hint;
  update();
}

void InputView::set_cursor(std::optional<QPointF> position) {
  cursor_ = position;
  update();
}

QSize InputView::sizeHint() const { return {148, 148}; }

QRectF InputView::picture_rect() const {
  const QSizeF size =
      image_.isNull() ? QSizeF(rect().size()) : QSizeF(image_.size()).scaled(this->size(), Qt::KeepAspectRatio);
  return {QPointF(0, 0), size};
}

void InputView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QRectF area = picture_rect();
  if (image_.isNull()) {
    if (hint_.isEmpty()) return;
    painter.setPen(QPen(palette().color(QPalette::Disabled, QPalette::Text), 1, Qt::DashLine));
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(area, Qt::AlignCenter, hint_);
    return;
  }
  const qreal ratio = devicePixelRatioF();
  QImage scaled = image_.scaled((area.size() * ratio).toSize(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
  scaled.setDevicePixelRatio(ratio);
  painter.drawImage(area.topLeft(), scaled);
  if (cursor_) {
    const QPointF at(area.left() + cursor_->x() * area.width(), area.top() + cursor_->y() * area.height());
    for (const auto& [color, width] :
         {std::pair(QColor(0, 0, 0, 110), 3.0), std::pair(QColor(255, 255, 255, 230), 1.0)}) {
      painter.setPen(QPen(color, width));
      painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()));
      painter.drawLine(QPointF(area.left(), at.y()), QPointF(area.right(), at.y()));
    }
  }
  painter.setPen(palette().color(QPalette::Mid));
  painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5));
}

void InputView::mouseMoveEvent(QMouseEvent* event) {
  const QRectF area = picture_rect();
  if (image_.isNull()) return;
  if (area.contains(event->position()))
    Q_EMIT hovered({event->position().x() / area.width(), event->position().y() / area.height()});
  else
    Q_EMIT left();
}

void InputView::mouseReleaseEvent(QMouseEvent* event) {
  const QRectF area = picture_rect();
  if (!image_.isNull() && event->button() == Qt::LeftButton && area.contains(event->position()))
    Q_EMIT clicked({event->position().x() / area.width(), event->position().y() / area.height()});
}

void InputView::leaveEvent(QEvent*) { Q_EMIT left(); }

}  // namespace orderscope
