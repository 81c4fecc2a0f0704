// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/job_list.h"

#include <algorithm>

namespace orderscope {

quint64 JobList::add(const QString& title, std::stop_source stop) {
  jobs_.push_back({++last_id_, title, {}, -1, std::move(stop)});
  Q_EMIT changed();
  return last_id_;
}

void JobList::set_progress(quint64 id, const QString& activity, double fraction) {
  const auto job = std::ranges::find(jobs_, id, &Job::id);
  if (job == jobs_.end()) return;
  job->activity = activity;
  job->fraction = fraction;
  Q_EMIT changed();
}

void JobList::remove(quint64 id) {
  if (std::erase_if(jobs_, [&](const Job& job) { return job.id == id; }) > 0) Q_EMIT changed();
}

void JobList::cancel(quint64 id) {
  for (Job& job : jobs_)
    if (job.id == id) job.stop.request_stop();
}

void JobList::cancel_all() {
  for (Job& job : jobs_) job.stop.request_stop();
}

}  // namespace orderscope
