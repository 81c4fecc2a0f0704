// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QString>
#include <QWidget>
#include <vector>

class QLabel;
class QPushButton;

namespace orderscope {

/// A place in the window and what to know of it.
struct TourStep {
  QPointer<QWidget> target;
  QString title;
  QString text;
};

/// Walks through the places of a page: everything but the place it speaks of is dimmed, a card beside it says what is
/// there. Next, Back, or Escape; goes away by itself after the last step.
class Tour : public QWidget {
  Q_OBJECT

 public:
  Tour(std::vector<TourStep> steps, QWidget* window);

  int step() const { return step_; }
  void show_step(int step);  ///< past the last one: closes

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  QRect spot() const;  ///< of the current target, in this widget's coordinates
  void place_card();

  std::vector<TourStep> steps_;
  int step_ = 0;
  QWidget* card_;
  QLabel* title_;
  QLabel* text_;
  QLabel* count_;
  QPushButton* back_;
  QPushButton* next_;
};

}  // namespace orderscope
