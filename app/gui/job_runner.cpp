// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/job_runner.h"

#include <QElapsedTimer>

#include "app/gui/shared_cores.h"
#include "core/base/free_memory.h"
#include "core/base/threads.h"

namespace orderscope {

namespace {
/// The job that this thread runs; 0 where it runs none: a job's own helpers are known by its name only.
thread_local quint64 job_of_thread = 0;
}  // namespace

JobRunner::JobRunner(JobList& list, QObject* parent) : QObject(parent), list_(list) {}

JobRunner::~JobRunner() { cancel_all(); }

void JobRunner::start_job(const QString& name, const QString& title, std::function<Delivery(const JobContext&)> work) {
  cancel(name);
  std::stop_source stop;
  const quint64 id = list_.add(title, stop);
  running_[name] = {id, stop};
  Q_EMIT busy_changed();
  thread_.run([this, name, title, id, work = std::move(work), token = stop.get_token()] {
    set_up_compute_threads(SharedCores::threads_for_job());
    job_of_thread = id;
    QElapsedTimer timer, since_report;
    timer.start();
    JobContext job;
    job.stop = token;
    job.report = [&](const Progress& progress) {
      // The window cannot show more than some tens of changes a second.
      constexpr int kMilliseconds = 30;
      if (since_report.isValid() && since_report.elapsed() < kMilliseconds) return;
      since_report.start();
      const double fraction =
          progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : -1;
      const auto activity =
          QString::fromUtf8(progress.activity.data(), static_cast<qsizetype>(progress.activity.size()));
      thread_.post([this, id, activity, fraction] { list_.set_progress(id, activity, fraction); });
    };
    Delivery deliver;
    if (!token.stop_requested()) deliver = work(job);
    return_free_memory();
    thread_.post([this, name, id, title, deliver = std::move(deliver), ms = timer.nsecsElapsed() / 1e6] {
      finish(name, id, title, deliver, ms);
    });
  });
}

void JobRunner::finish(const QString& name, quint64 id, const QString& title, const Delivery& deliver,
                       double milliseconds) {
  list_.remove(id);
  const auto found = running_.find(name);
  if (found == running_.end() || found->second.id != id) return;
  const bool stopped = found->second.stop.stop_requested();
  running_.erase(found);
  if (deliver && !stopped) {
    if (!quiet_.contains(name))
      list_.note(milliseconds < 10000 ? tr("%1 · %2 ms").arg(title).arg(milliseconds, 0, 'f', 0)
                                      : tr("%1 · %2 s").arg(title).arg(milliseconds / 1000, 0, 'f', 1));
    deliver();
  }
  Q_EMIT busy_changed();
}

void JobRunner::post(const QString& name, std::function<void()> show) {
  thread_.post([this, name, id = job_of_thread, show = std::move(show)] {
    const auto found = running_.find(name);
    if (found == running_.end() || found->second.stop.stop_requested()) return;
    // What a job posted before another of its name took its place is not shown under that one.
    if (id == 0 || found->second.id == id) show();
  });
}

void JobRunner::cancel(const QString& name) {
  const auto found = running_.find(name);
  if (found != running_.end()) found->second.stop.request_stop();
}

void JobRunner::cancel_all() {
  for (auto& [name, running] : running_) running.stop.request_stop();
}

}  // namespace orderscope
