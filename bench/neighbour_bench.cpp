// SPDX-License-Identifier: GPL-3.0-or-later
// What a busy neighbour costs: the task while another process keeps one core busy, over the task on a quiet machine;
// with all cores, and with those that the neighbour leaves, as the window does it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "bench/families.h"
#include "core/base/busy_cores.h"
#include "core/base/threads.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/formula.h"
#include "tests/neighbour.h"

namespace orderscope {
namespace {

using Clock = std::chrono::steady_clock;

double median_ms(const std::function<void()>& task, BusyCores* watch) {
  std::vector<double> times;
  for (int i = 0; i < 9; ++i) {
    set_up_compute_threads(watch ? watch->free() : 0);
    const auto start = Clock::now();
    task();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + 4, times.end());
  return times[4];
}

void BusyOverQuiet(benchmark::State& state, bool everything, bool shares_cores) {
  const auto backbone = test::formula_backbone(bench::family_architecture("hornet_t_7x7"));
  const at::Tensor input = test::formula_input(224, 224);
  const auto task = [&] {
    auto trace =
        Trace::forward(backbone, input, everything ? bench::everything_probes(*backbone) : std::vector<Probe>{});
    if (everything) benchmark::DoNotOptimize(trace->backward({0}));
  };
  task();
  std::vector<double> ratios;
  for (auto _ : state) {
    const double quiet = median_ms(task, nullptr);
    const test::Neighbour neighbour;
    BusyCores watch;
    watch.free();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const double busy = median_ms(task, shares_cores ? &watch : nullptr);
    state.SetIterationTime(1e-3 * busy);
    state.counters["quiet_ms"] = quiet;
    ratios.push_back(busy / quiet);
  }
  std::nth_element(ratios.begin(), ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2), ratios.end());
  state.counters["ratio"] = ratios[ratios.size() / 2];
}

#define ORDERSCOPE_NEIGHBOUR(name, everything, shares_cores)       \
  BENCHMARK_CAPTURE(BusyOverQuiet, name, everything, shares_cores) \
      ->UseManualTime()                                            \
      ->Iterations(3)                                              \
      ->Unit(benchmark::kMillisecond)
ORDERSCOPE_NEIGHBOUR(forward_all_cores, false, false);
ORDERSCOPE_NEIGHBOUR(forward_free_cores, false, true);
ORDERSCOPE_NEIGHBOUR(everything_all_cores, true, false);
ORDERSCOPE_NEIGHBOUR(everything_free_cores, true, true);
#undef ORDERSCOPE_NEIGHBOUR

}  // namespace
}  // namespace orderscope
