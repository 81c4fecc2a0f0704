// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map_link.h"

#include <algorithm>

namespace orderscope {

void MapLink::set_cursor(std::optional<QPointF> photo) {
  if (photo == cursor_) return;
  cursor_ = photo;
  Q_EMIT cursor_changed();
}

void MapLink::pin(std::optional<QPointF> photo) {
  pinned_ = photo;
  set_cursor(photo);
}

void MapLink::set_window(std::optional<QRectF> photo) {
  if (photo == window_ || (photo && photo->isEmpty())) return;
  window_ = photo;
  Q_EMIT window_changed();
}

std::optional<QRectF> zoomed(const QRectF& window, const QRectF& whole, QPointF about, double factor) {
  constexpr double closest = 64;
  const double least = std::max(whole.width(), whole.height()) / closest;
  const double side = std::max(window.width(), window.height());
  factor = std::min(factor, side / least);
  const QSizeF size = window.size() / factor;
  if (size.width() >= whole.width() * 0.999 && size.height() >= whole.height() * 0.999) return std::nullopt;
  const double left = about.x() - (about.x() - window.left()) / factor;
  const double top = about.y() - (about.y() - window.top()) / factor;
  // Zooming out near an edge must not show what lies beyond it.
  const auto inside = [](double start, double length, double low, double high) {
    return length >= high - low ? (low + high - length) / 2 : std::clamp(start, low, high - length);
  };
  return QRectF({inside(left, size.width(), whole.left(), whole.right()),
                 inside(top, size.height(), whole.top(), whole.bottom())},
                size);
}

QRectF panned(const QRectF& window, const QRectF& whole, QPointF by) {
  QRectF moved = window.translated(by);
  moved.moveCenter({std::clamp(moved.center().x(), whole.left(), whole.right()),
                    std::clamp(moved.center().y(), whole.top(), whole.bottom())});
  return moved;
}

}  // namespace orderscope
