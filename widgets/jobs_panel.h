// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>
#include <vector>

class QLabel;
class QProgressBar;
class QToolButton;

namespace orderscope {

class ElidedLabel;

/// What the jobs panel shows of one job.
struct JobRow {
  quint64 id = 0;
  QString title;
  QString activity;
  double fraction = -1;  ///< below 0: not known
};

/// What is being computed, how far it is, a way to stop it, and what was done last.
class JobsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit JobsPanel(QWidget* parent = nullptr);

  void set_jobs(const std::vector<JobRow>& jobs);
  /// Goes to the list of what was done, for example "order maps, chelsea · 84 ms".
  void add_done(const QString& line);

  bool busy() const { return !jobs_.empty(); }
  QToolButton* cancel_button() const { return lines_.front().cancel; }  ///< of the first job

 Q_SIGNALS:
  void cancel_requested(quint64 job);

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void show_done();

  struct Line {
    ElidedLabel* text;
    QProgressBar* bar;
    QToolButton* cancel;
  };

  std::vector<Line> lines_;
  QLabel* more_;
  QLabel* done_;
  std::vector<JobRow> jobs_;
  QStringList done_lines_;
};

}  // namespace orderscope
