// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/busy_cores.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#ifdef __linux__
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#endif

namespace orderscope {

namespace {

using Clock = std::chrono::steady_clock;

/// Seconds of work that programs other than this one were given on this process' cores, since some moment.
std::optional<double> seconds_elsewhere() {
#ifdef __linux__
  cpu_set_t allowed;
  rusage own;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || getrusage(RUSAGE_SELF, &own) != 0) return std::nullopt;
  std::ifstream stat("/proc/stat");
  std::string line;
  double ticks = 0;
  while (std::getline(stat, line) && line.starts_with("cpu")) {
    std::istringstream fields(line.substr(3));
    double user, niced, system, idle, waiting, interrupts, soft_interrupts;
    std::size_t core;
    // The first line, of all cores together, has a blank where the others have their number.
    if (line[3] == ' ' ||
        !(fields >> core >> user >> niced >> system >> idle >> waiting >> interrupts >> soft_interrupts))
      continue;
    if (core < CPU_SETSIZE && CPU_ISSET(core, &allowed)) ticks += user + system + interrupts + soft_interrupts;
  }
  if (ticks == 0) return std::nullopt;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK)) - seconds(own.ru_utime) - seconds(own.ru_stime);
#else
  return std::nullopt;
#endif
}

}  // namespace

double BusyCores::elsewhere() {
  const Clock::time_point now = Clock::now();
  const double passed = last_ ? std::chrono::duration<double>(now - last_->time).count() : 0;
  if (last_ && passed < 0.1) return busy_;
  const auto seconds = seconds_elsewhere();
  if (!seconds) return 0;
  // Less than nothing where this process has low priority itself: its own work is then not among what was counted.
  busy_ = last_ ? std::max(0.0, (*seconds - last_->seconds) / passed) : 0;
  last_ = {now, *seconds};
  return busy_;
}

int BusyCores::free() {
  // As many as sched_getaffinity allows.
  const double cores = std::max(1U, std::thread::hardware_concurrency());
  return std::max(1, static_cast<int>(std::lround(cores - elsewhere())));
}

}  // namespace orderscope
