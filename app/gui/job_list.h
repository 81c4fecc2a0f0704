// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <stop_token>
#include <vector>

namespace orderscope {

/// Everything that is being computed for the window, for the jobs panel and for those who wait until all is done.
class JobList : public QObject {
  Q_OBJECT

 public:
  struct Job {
    quint64 id = 0;
    QString title;
    QString activity;
    double fraction = -1;  ///< below 0: not known
    std::stop_source stop;
  };

  using QObject::QObject;

  quint64 add(const QString& title, std::stop_source stop);
  void set_progress(quint64 id, const QString& activity, double fraction);
  void remove(quint64 id);
  /// One line for the list of what was done: "Grad-CAM, chelsea · 61 ms".
  void note(const QString& line) { Q_EMIT noted(line); }

  void cancel(quint64 id);
  void cancel_all();
  const std::vector<Job>& jobs() const { return jobs_; }
  bool empty() const { return jobs_.empty(); }

 Q_SIGNALS:
  void changed();
  void noted(const QString& line);

 private:
  std::vector<Job> jobs_;
  quint64 last_id_ = 0;
};

}  // namespace orderscope
