// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/input_view.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <utility>

#include "widgets/theme.h"

namespace orderscope {

InputView::InputView(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setAccessibleName(tr("Picture as the model sees it"));
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void InputView::set_image(const QImage& image) {
  image_ = image;
  scaled_ = {};
  update();
}

void InputView::set_overlay(std::function<void(QPainter&, const QRectF&)> paint) {
  overlay_ = std::move(paint);
  update();
}

void InputView::set_choosable(bool parts) {
  choosable_ = parts;
  setFocusPolicy(parts ? Qt::StrongFocus : Qt::NoFocus);
  setCursor(parts ? Qt::CrossCursor : Qt::ArrowCursor);
  anchor_.reset();
  band_.reset();
}

void InputView::set_part(const std::optional<QRectF>& part) {
  part_ = part;
  band_.reset();
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
  const QSize pixels = (area.size() * ratio).toSize();
  if (scaled_.size() != pixels) scaled_ = image_.scaled(pixels, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
  scaled_.setDevicePixelRatio(ratio);
  painter.drawImage(area.topLeft(), scaled_);
  if (overlay_) {
    painter.setFont(small_font(font()));
    overlay_(painter, area);
  }
  if (part_) paint_part(painter, *part_);
  if (band_) paint_part(painter, *band_);
  if (cursor_) {
    const QPointF at(area.left() + cursor_->x() * area.width(), area.top() + cursor_->y() * area.height());
    for (const auto& [color, width] :
         {std::pair(QColor(0, 0, 0, 110), 3.0), std::pair(QColor(255, 255, 255, 230), 1.0)}) {
      painter.setPen(QPen(color, width));
      painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()));
      painter.drawLine(QPointF(area.left(), at.y()), QPointF(area.right(), at.y()));
    }
  }
  painter.setPen(palette().color(hasFocus() ? QPalette::Highlight : QPalette::Mid));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5));
}

void InputView::paint_part(QPainter& painter, const QRectF& part) const {
  const QRectF area = picture_rect();
  const QRectF rect(area.left() + part.left() * area.width(), area.top() + part.top() * area.height(),
                    part.width() * area.width(), part.height() * area.height());
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(QColor(0, 0, 0, 160), 3));
  painter.drawRect(rect);
  painter.setPen(QPen(Qt::white, 1.2, Qt::DashLine));
  painter.drawRect(rect);
}

QPointF InputView::fraction_at(QPointF position) const {
  const QRectF area = picture_rect();
  return {std::clamp(position.x() / area.width(), 0.0, 1.0), std::clamp(position.y() / area.height(), 0.0, 1.0)};
}

void InputView::mousePressEvent(QMouseEvent* event) {
  if (!choosable_ || image_.isNull() || event->button() != Qt::LeftButton ||
      !picture_rect().contains(event->position()))
    return QWidget::mousePressEvent(event);
  anchor_ = event->position();
}

void InputView::move_by_key(QPointF step, bool spans) {
  const QPointF from = cursor_.value_or(QPointF(0.5, 0.5));
  const QPointF to(std::clamp(from.x() + step.x(), 0.0, 1.0), std::clamp(from.y() + step.y(), 0.0, 1.0));
  if (!spans) {
    anchor_.reset();
    band_.reset();
  } else {
    if (!anchor_) anchor_ = from;
    band_ = QRectF(*anchor_, to).normalized();
  }
  cursor_ = to;
  update();
  Q_EMIT hovered(to);
}

void InputView::keyPressEvent(QKeyEvent* event) {
  constexpr double kKeyStep = 0.02;
  const bool spans = event->modifiers() & Qt::ShiftModifier;
  if (!choosable_ || image_.isNull() || (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier)))
    return QWidget::keyPressEvent(event);
  switch (event->key()) {
    case Qt::Key_Left: return move_by_key({-kKeyStep, 0}, spans);
    case Qt::Key_Right: return move_by_key({kKeyStep, 0}, spans);
    case Qt::Key_Up: return move_by_key({0, -kKeyStep}, spans);
    case Qt::Key_Down: return move_by_key({0, kKeyStep}, spans);
    case Qt::Key_Return:
    case Qt::Key_Enter:
      anchor_.reset();
      if (band_ && !band_->isEmpty())
        Q_EMIT part_chosen(*std::exchange(band_, std::nullopt));
      else if (cursor_)
        Q_EMIT clicked(*cursor_);
      return update();
    case Qt::Key_Escape:
      if (!band_) break;
      anchor_.reset();
      band_.reset();
      return update();
    default: break;
  }
  QWidget::keyPressEvent(event);
}

void InputView::mouseMoveEvent(QMouseEvent* event) {
  if (image_.isNull()) return;
  if (anchor_ && (event->buttons() & Qt::LeftButton)) {
    dragging_ = dragging_ || (event->position() - *anchor_).manhattanLength() >= QApplication::startDragDistance();
    if (dragging_) band_ = QRectF(fraction_at(*anchor_), fraction_at(event->position())).normalized();
    update();
  }
  if (picture_rect().contains(event->position()))
    Q_EMIT hovered(fraction_at(event->position()));
  else
    Q_EMIT left();
}

void InputView::mouseReleaseEvent(QMouseEvent* event) {
  if (image_.isNull() || event->button() != Qt::LeftButton) return;
  const bool dragged = std::exchange(dragging_, false);
  anchor_.reset();
  const auto band = std::exchange(band_, std::nullopt);
  update();
  if (dragged && band && !band->isEmpty())
    Q_EMIT part_chosen(*band);
  else if (!dragged && picture_rect().contains(event->position()))
    Q_EMIT clicked(fraction_at(event->position()));
}

void InputView::leaveEvent(QEvent*) { Q_EMIT left(); }

}  // namespace orderscope
