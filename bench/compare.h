// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <benchmark/benchmark.h>

#include <functional>

namespace orderscope::bench {

/// Runs `subject` and `baseline` in turn, so that a drifting machine hits both alike. The reported time is the
/// subject's; counters: `ratio`, the median over the pairs of subject / baseline, and `baseline_ms`, the baseline's
/// median.
void compare(benchmark::State& state, const std::function<void()>& subject, const std::function<void()>& baseline);

/// Peak resident memory of `task` above what was resident before it, in MB (Linux).
double peak_memory_mb(const std::function<void()>& task);

}  // namespace orderscope::bench
