// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <chrono>
#include <vector>

namespace orderscope {

/// How fast the program felt: when things happened since it started, how long what a person asked for took, and when
/// the window did not answer. Help > Timings shows it; --trace-timings prints each line to stderr as it comes.
class Timings : public QObject {
  Q_OBJECT

 public:
  struct Entry {
    QString what;
    double milliseconds = 0;
    bool since_start = false;  ///< else a duration
  };

  explicit Timings(QObject* parent = nullptr) : QObject(parent) {}

  /// When the program began, as main() knows best.
  void start_at(std::chrono::steady_clock::time_point started) { started_ = started; }
  void print_to_stderr(bool on) { printing_ = on; }
  void mark(const QString& what);                      ///< now, since the start
  void add(const QString& what, double milliseconds);  ///< a duration
  const std::vector<Entry>& entries() const { return entries_; }
  /// The longest time in which the window's thread answered no event, in ms, from watch_stalls on.
  double longest_stall() const { return longest_stall_; }
  /// Measures, by a timer that should fire every few milliseconds, how long the window's thread is kept from events;
  /// notes what is above `threshold_ms`.
  void watch_stalls(double threshold_ms = 50);

 Q_SIGNALS:
  void changed();

 protected:
  void timerEvent(QTimerEvent* event) override;

 private:
  void note(Entry entry);

  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_tick_;
  std::vector<Entry> entries_;
  double longest_stall_ = 0, threshold_ = 50;
  bool printing_ = false;
};

}  // namespace orderscope
