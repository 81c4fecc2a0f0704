// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "app/gui/background_threads.h"
#include "app/gui/job_list.h"
#include "core/base/guard.h"
#include "core/base/job.h"

namespace orderscope {

/// Runs one page's computations, one after the other, on a thread of its own, and lists them in a JobList. A job has a
/// name; a new one of the same name cancels and replaces it, and what the old one found is dropped. Functions are
/// delivered on the thread of this object.
class JobRunner : public QObject {
  Q_OBJECT

 public:
  explicit JobRunner(JobList& list, QObject* parent = nullptr);
  ~JobRunner() override;  ///< cancels, then waits

  /// `work` runs on the worker; `deliver` gets its result here unless the job was cancelled or replaced. What `work`
  /// throws, for lack of memory above all, is delivered as the Error that `guarded` makes of it.
  template <class T>
  void start(const QString& name, const QString& title, std::function<Result<T>(const JobContext&)> work,
             std::function<void(Result<T>)> deliver) {
    start_job(name, title, [work = std::move(work), deliver = std::move(deliver)](const JobContext& job) {
      const auto result = std::make_shared<Result<T>>(guarded([&] { return work(job); }));
      const bool cancelled = !*result && result->error().kind == Error::Kind::Cancelled;
      return cancelled ? Delivery{} : Delivery{[deliver, result] { deliver(std::move(*result)); }};
    });
  }

  /// Calls `show` here from inside a running job, unless that was cancelled or replaced meanwhile: for results that
  /// come bit by bit.
  void post(const QString& name, std::function<void()> show);

  /// Jobs of this name are not noted as done: there are many of them a second.
  void keep_quiet(const QString& name) { quiet_.insert(name); }

  void cancel(const QString& name);
  void cancel_all();
  bool busy() const { return !running_.empty(); }
  bool busy(const QString& name) const { return running_.contains(name); }

 Q_SIGNALS:
  void busy_changed();

 private:
  using Delivery = std::function<void()>;
  struct Running {
    quint64 id = 0;
    std::stop_source stop;
  };

  void start_job(const QString& name, const QString& title, std::function<Delivery(const JobContext&)> work);
  void finish(const QString& name, quint64 id, const QString& title, const Delivery& deliver, double milliseconds);

  JobList& list_;
  std::map<QString, Running> running_;
  std::set<QString> quiet_;
  BackgroundThreads thread_;  ///< last: it ends before what it uses goes
};

}  // namespace orderscope
