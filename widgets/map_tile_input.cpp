// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QContextMenuEvent>
#include <QGestureEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QPinchGesture>
#include <QWheelEvent>
#include <cmath>

#include "widgets/map_link.h"
#include "widgets/map_tile.h"

namespace orderscope {
namespace {

constexpr double kDividerReach = 9;       // pixels to either side
constexpr double kFactorOfANotch = 1.25;  // of the wheel, which reports 120 for one

}  // namespace

bool MapTile::over_divider(QPointF point) const {
  const QRectF rect = picture_rect();
  return has_swipe_ && rect.contains(point) &&
         std::abs(point.x() - rect.left() - divider_ * rect.width()) <= kDividerReach;
}

void MapTile::drag_to(QPointF point) {
  const QRectF rect = picture_rect();
  if (drag_ == Drag::Divider) {
    set_divider((point.x() - rect.left()) / rect.width());
    return;
  }
  if (drag_ == Drag::Press && (point - pressed_).manhattanLength() >= QApplication::startDragDistance() &&
      link_->window()) {
    drag_ = Drag::Pan;
    setCursor(Qt::ClosedHandCursor);
  }
  if (drag_ != Drag::Pan) return;
  const QPointF by = photo_at(last_) - photo_at(point);
  last_ = point;
  link_->set_window(panned(visible(), to_qrect(frame_), by));
}

void MapTile::mouseMoveEvent(QMouseEvent* event) {
  if (drag_ != Drag::None) drag_to(event->position());
  if (drag_ == Drag::Pan || drag_ == Drag::Divider) return;
  setCursor(over_divider(event->position()) ? Qt::SplitHCursor : Qt::CrossCursor);
  const auto position = position_at(event->position());
  under_mouse_ = position.has_value();
  if (position) {
    link_->set_cursor(to_qpoint(frame_.to_photo(to_point(*position))));
    Q_EMIT hovered(*position);
  } else {
    link_->release();
    Q_EMIT left();
  }
}

void MapTile::mousePressEvent(QMouseEvent* event) {
  const bool left_button = event->button() == Qt::LeftButton, middle = event->button() == Qt::MiddleButton;
  if ((!left_button && !middle) || !picture_rect().contains(event->position())) {
    QWidget::mousePressEvent(event);
    return;
  }
  pressed_ = last_ = event->position();
  drag_ = left_button && over_divider(pressed_) ? Drag::Divider : Drag::Press;
}

void MapTile::mouseReleaseEvent(QMouseEvent* event) {
  const Drag drag = std::exchange(drag_, Drag::None);
  if (drag == Drag::None) {
    QWidget::mouseReleaseEvent(event);
    return;
  }
  setCursor(Qt::CrossCursor);
  const auto position = position_at(event->position());
  if (drag == Drag::Press && event->button() == Qt::LeftButton && position) Q_EMIT clicked(*position);
}

void MapTile::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && picture_rect().contains(event->position())) {
    if (link_->window())
      link_->set_window(std::nullopt);
    else if (const auto position = position_at(event->position()))
      zoom(4, position);
  } else {
    QWidget::mouseDoubleClickEvent(event);
  }
}

void MapTile::wheelEvent(QWheelEvent* event) {
  const auto position = position_at(event->position());
  const double notches = event->angleDelta().y() / 120.0;
  // What cannot get smaller leaves the wheel to the page, which may scroll.
  if (!position || notches == 0 || (notches < 0 && !link_->window())) {
    event->ignore();
    return;
  }
  zoom(std::pow(kFactorOfANotch, notches), position);
  event->accept();
}

bool MapTile::event(QEvent* event) {
  if (event->type() == QEvent::Gesture) {
    if (auto* pinch = static_cast<QPinchGesture*>(static_cast<QGestureEvent*>(event)->gesture(Qt::PinchGesture))) {
      const QPointF middle = mapFromGlobal(pinch->centerPoint());
      if (const auto position = position_at(middle)) zoom(pinch->scaleFactor(), position);
      const QPointF before = mapFromGlobal(pinch->lastCenterPoint());
      if (link_->window() && pinch->state() == Qt::GestureUpdated)
        link_->set_window(panned(visible(), to_qrect(frame_), photo_at(before) - photo_at(middle)));
      event->accept();
      return true;
    }
  }
  if (event->type() == QEvent::NativeGesture) {
    const auto* gesture = static_cast<QNativeGestureEvent*>(event);
    if (gesture->gestureType() == Qt::ZoomNativeGesture) {
      if (const auto position = position_at(gesture->position())) zoom(1 + gesture->value(), position);
      event->accept();
      return true;
    }
  }
  return QWidget::event(event);
}

void MapTile::contextMenuEvent(QContextMenuEvent* event) { Q_EMIT menu_requested(event->globalPos()); }

void MapTile::leaveEvent(QEvent* event) {
  under_mouse_ = false;
  link_->release();
  Q_EMIT left();
  update();
  QWidget::leaveEvent(event);
}

}  // namespace orderscope
