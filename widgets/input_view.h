// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QPointF>
#include <QWidget>
#include <optional>

namespace orderscope {

/// The picture as the model sees it, in colour, with the linked cross hair. Without one it says what to do.
class InputView : public QWidget {
  Q_OBJECT

 public:
  explicit InputView(QWidget* parent = nullptr);

  void set_image(const QImage& image);
  void set_hint(const QString& hint);  ///< what stands in place of a picture
  void set_cursor(std::optional<QPointF> position);
  QSize sizeHint() const override;

 Q_SIGNALS:
  void hovered(QPointF position);
  void left();
  void clicked(QPointF position);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  QRectF picture_rect() const;

  QImage image_;
  QString hint_;
  std::optional<QPointF> cursor_;
};

}  // namespace orderscope
