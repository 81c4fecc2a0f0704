// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>

namespace orderscope {

/// Watches how many of the cores that this process may use are kept busy by other programs. Those of low priority do
/// not count, as they give way. Where the system has no /proc/stat all cores seem free.
class BusyCores {
 public:
  /// Busy ones since the call before; 0 at the first. To be called every second or so: the system counts in hundredths
  /// of a second, so what is asked for sooner than after a tenth is what the call before said.
  double elsewhere();

  /// Threads for a computation that somebody waits for: one for each core that others leave, at least one. A thread too
  /// many costs far more than one too few: all wait for the last at every operation, and spin meanwhile on the core
  /// that the other program wants.
  int free();

 private:
  struct Sample {
    std::chrono::steady_clock::time_point time;
    double seconds = 0;  ///< of work that other programs were given, since some moment
  };
  std::optional<Sample> last_;
  double busy_ = 0;
};

}  // namespace orderscope
