// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

class QLabel;

namespace orderscope {

/// A message where the result would have been, with a button to dismiss it. Hidden until it has something to say.
class Banner : public QFrame {
  Q_OBJECT

 public:
  explicit Banner(QWidget* parent = nullptr);

  void show_message(const QString& text);
  void dismiss();
  QString text() const;

 Q_SIGNALS:
  void dismissed();

 private:
  QLabel* icon_;
  QLabel* label_;
};

}  // namespace orderscope
