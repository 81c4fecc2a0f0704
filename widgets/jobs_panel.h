// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace orderscope {

/// What is being computed, how far it is, a way to stop it, and what was done last.
class JobsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit JobsPanel(QWidget* parent = nullptr);

  void start(const QString& what);
  /// `fraction` below 0: not known.
  void set_progress(const QString& activity, double fraction);
  /// Goes to the list of what was done, for example "order maps, chelsea: 84 ms".
  void add_done(const QString& line);
  void finish();

  bool busy() const;
  QToolButton* cancel_button() const { return cancel_; }

 Q_SIGNALS:
  void cancel_requested();

 private:
  QLabel* current_;
  QProgressBar* bar_;
  QToolButton* cancel_;
  QLabel* done_;
  QString what_;
  QStringList done_lines_;
  bool busy_ = false;
};

}  // namespace orderscope
