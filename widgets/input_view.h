// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QPointF>
#include <QRectF>
#include <QWidget>
#include <functional>
#include <optional>

class QPainter;

namespace orderscope {

/// The picture as the model sees it, in colour, with the linked cross hair. Without one it says what to do. Positions
/// and parts are fractions of the picture. Where parts can be chosen: by a drag, or with the arrow keys, which move the
/// cross hair and with Shift span a part from there; Return clicks or takes the part, Escape lets go.
class InputView : public QWidget {
  Q_OBJECT

 public:
  explicit InputView(QWidget* parent = nullptr);

  void set_image(const QImage& image);
  void set_hint(const QString& hint);  ///< what stands in place of a picture
  void set_cursor(std::optional<QPointF> position);
  /// Draws over the picture, which fills the rectangle, at the screen's resolution; may be empty.
  void set_overlay(std::function<void(QPainter& painter, const QRectF& picture)> paint);
  void set_choosable(bool parts);                    ///< whether positions are clicked and parts dragged
  void set_part(const std::optional<QRectF>& part);  ///< the chosen one
  const std::optional<QRectF>& part() const { return part_; }
  QSize sizeHint() const override;

 Q_SIGNALS:
  void part_chosen(QRectF part);
  void hovered(QPointF position);
  void left();
  void clicked(QPointF position);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  QRectF picture_rect() const;
  QPointF fraction_at(QPointF position) const;
  void paint_part(QPainter& painter, const QRectF& part) const;
  void move_by_key(QPointF step, bool spans);

  QImage image_;
  QImage scaled_;  ///< to what is on the screen; null: not yet
  std::function<void(QPainter&, const QRectF&)> overlay_;
  bool choosable_ = false, dragging_ = false;
  std::optional<QPointF> anchor_;  ///< where a drag or a span of keys began
  std::optional<QRectF> part_, band_;
  QString hint_;
  std::optional<QPointF> cursor_;
};

}  // namespace orderscope
