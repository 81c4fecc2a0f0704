// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPointF>
#include <QRectF>
#include <optional>

#include "core/image/frame.h"

namespace orderscope {

inline QPointF to_qpoint(Point point) { return {point.x, point.y}; }
inline Point to_point(QPointF point) { return {point.x(), point.y()}; }
inline QRectF to_qrect(const Frame& frame) { return {frame.x(), frame.y(), frame.width(), frame.height()}; }
inline Frame to_frame(const QRectF& rect) { return {rect.x(), rect.y(), rect.width(), rect.height()}; }

/// What views of one photo share: the cross hair and the part that is shown, in photo pixels (see Frame), so that views
/// of different crops and resolutions agree. Give the same link to several grids and tiles to link them.
class MapLink : public QObject {
  Q_OBJECT

 public:
  explicit MapLink(QObject* parent = nullptr) : QObject(parent) {}

  std::optional<QPointF> cursor() const { return cursor_; }
  std::optional<QPointF> pinned() const { return pinned_; }
  /// The part of the photo that all show; nothing: each shows its own whole.
  std::optional<QRectF> window() const { return window_; }

  void set_cursor(std::optional<QPointF> photo);
  /// Where the cross hair goes when the mouse leaves; the cross hair goes there now.
  void pin(std::optional<QPointF> photo);
  void release() { set_cursor(pinned_); }
  void set_window(std::optional<QRectF> photo);

 Q_SIGNALS:
  void cursor_changed();
  void window_changed();

 private:
  std::optional<QPointF> cursor_;
  std::optional<QPointF> pinned_;
  std::optional<QRectF> window_;
};

/// The window after zooming by `factor` (> 1 is closer) about a point that stays where it is: no less than 1/64 of
/// `whole`, nothing once it would hold all of it.
std::optional<QRectF> zoomed(const QRectF& window, const QRectF& whole, QPointF about, double factor);

/// The window moved by a distance in photo pixels; its middle stays over `whole`.
QRectF panned(const QRectF& window, const QRectF& whole, QPointF by);

}  // namespace orderscope
