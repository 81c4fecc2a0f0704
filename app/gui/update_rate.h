// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace orderscope {

/// How fast something follows a person's hand: the mean time between updates that come one after the other, told once
/// they have stopped.
class UpdateRate : public QObject {
  Q_OBJECT

 public:
  explicit UpdateRate(QObject* parent = nullptr);

  void update();  ///< one is on the screen

 Q_SIGNALS:
  void measured(double milliseconds);  ///< between two updates, on average

 private:
  QElapsedTimer since_first_;
  QTimer pause_;
  int updates_ = 0;
  qint64 last_ = 0;  ///< nanoseconds after the first
};

}  // namespace orderscope
