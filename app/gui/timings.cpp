// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/timings.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace orderscope {

namespace {

constexpr int kTickMilliseconds = 5;
constexpr std::size_t kEntriesKept = 500;

double milliseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

void Timings::mark(const QString& what) {
  note({what, milliseconds(std::chrono::steady_clock::now() - started_), true});
}

void Timings::add(const QString& what, double ms) { note({what, ms, false}); }

void Timings::note(Entry entry) {
  if (printing_)
    std::fprintf(stderr, "timing: %s%s: %.1f ms\n", entry.since_start ? "at " : "", qPrintable(entry.what),
                 entry.milliseconds);
  entries_.push_back(std::move(entry));
  if (entries_.size() > kEntriesKept) entries_.erase(entries_.begin());
  Q_EMIT changed();
}

void Timings::watch_stalls(double threshold_ms) {
  threshold_ = threshold_ms;
  last_tick_ = std::chrono::steady_clock::now();
  startTimer(kTickMilliseconds, Qt::PreciseTimer);
}

void Timings::timerEvent(QTimerEvent*) {
  const auto now = std::chrono::steady_clock::now();
  const double stall = milliseconds(now - std::exchange(last_tick_, now)) - kTickMilliseconds;
  longest_stall_ = std::max(longest_stall_, stall);
  if (stall > threshold_) note({tr("window did not answer"), stall, false});
}

}  // namespace orderscope
