// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/compare.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace orderscope::bench {

namespace {

double seconds(const std::function<void()>& task) {
  const auto start = std::chrono::steady_clock::now();
  task();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

double status_mb(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(field + ":")) continue;
    std::istringstream rest(line.substr(field.size() + 1));
    double kilobytes = 0;
    rest >> kilobytes;
    return kilobytes / 1024;
  }
  return 0;
}

}  // namespace

void compare(benchmark::State& state, const std::function<void()>& subject, const std::function<void()>& baseline) {
  subject();
  baseline();
  std::vector<double> ratios, baselines;
  bool subject_first = true;
  for (auto _ : state) {
    double a = 0, b = 0;
    if (subject_first) {
      a = seconds(subject);
      b = seconds(baseline);
    } else {
      b = seconds(baseline);
      a = seconds(subject);
    }
    subject_first = !subject_first;
    state.SetIterationTime(a);
    ratios.push_back(a / b);
    baselines.push_back(b);
  }
  state.counters["ratio"] = median(ratios);
  state.counters["baseline_ms"] = 1e3 * median(baselines);
}

double peak_memory_mb(const std::function<void()>& task) {
  malloc_trim(0);  // what the allocator keeps from earlier would hide what the task needs
  std::ofstream("/proc/self/clear_refs") << "5";  // resets the high-water mark
  const double before = status_mb("VmRSS");
  task();
  return status_mb("VmHWM") - before;
}

}  // namespace orderscope::bench
