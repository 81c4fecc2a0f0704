// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <optional>

#include "widgets/figure/scale_choice.h"

namespace orderscope {

/// What the colours of a group of tiles mean, with a handle at either end of the range. A drag of a handle, or Up and
/// Down (with Shift: the low one), sets the range; a double click or Home gives it back to the values. A signed scale
/// stays centred at 0.
class ColorBar : public QWidget {
  Q_OBJECT

 public:
  explicit ColorBar(QWidget* parent = nullptr);

  /// `automatic` is the range of the values. `relative`: every tile has a range of its own, so the bar says "max"
  /// instead of a number.
  void set_scale(const ColorScale& automatic, bool relative, const QString& unit = {});
  void set_choice(std::optional<ScaleChoice> choice);
  void set_marker(std::optional<float> value);  ///< the value under the mouse

  std::optional<ScaleChoice> choice() const { return choice_; }
  /// Where a handle stands, in the widget: 0 the low one, 1 the high one.
  QPointF handle(int which) const;
  void set_caption_height(int height) { caption_ = height; }  ///< room for the unit under the bar

 Q_SIGNALS:
  void range_chosen(std::optional<ScaleChoice> choice);
  void menu_requested(QPoint global);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  struct Span {
    double low = 0, high = 1;
  };
  Span automatic() const;  ///< in the choice's units
  Span shown() const;      ///< the chosen range, else the automatic one
  Span axis() const;       ///< what the bar's height stands for
  QRectF bar() const;
  double y_of(double value) const;
  double value_at(double y) const;
  QString label_of(double value, bool end) const;
  void move_end(int which, double value);
  void choose(std::optional<ScaleChoice> choice);
  void describe();
  void paint_ramp(QPainter& painter) const;
  void paint_labels(QPainter& painter) const;
  void paint_handles(QPainter& painter) const;

  ColorScale scale_;
  bool relative_ = false;
  QString unit_;
  std::optional<ScaleChoice> choice_;
  std::optional<float> marker_;
  Span drag_axis_;  ///< holds still while a handle moves
  int dragged_ = -1;
  bool hovered_ = false;
  int caption_ = 0;
};

}  // namespace orderscope
