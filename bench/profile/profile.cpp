// SPDX-License-Identifier: GPL-3.0-or-later
// Where the time goes: orderscope-profile TASK [MODEL] [cpu|cuda], by operation on the CPU, by kernel on a CUDA device.
// TASK: forward, everything or erf. Self times: what an operation calls is not counted again.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/families.h"
#include "core/analysis/erf.h"
#include "core/base/free_memory.h"
#include "core/base/threads.h"
#include "core/trace/repeated_trace.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

namespace profiler = torch::autograd::profiler;

struct Cost {
  std::int64_t calls = 0;
  double milliseconds = 0;
};

/// Self times by name of the events of one device type.
std::map<std::string, Cost> self_times(const profiler::ProfilerResult& result, bool on_cuda) {
  std::map<std::uint64_t, std::vector<const profiler::KinetoEvent*>> threads;
  std::map<std::string, Cost> costs;
  for (const profiler::KinetoEvent& event : result.events()) {
    const bool device = event.deviceType() == c10::DeviceType::CUDA;
    if (device != on_cuda) continue;
    if (device) {
      Cost& cost = costs[event.name()];
      ++cost.calls;
      cost.milliseconds += 1e-6 * static_cast<double>(event.durationNs());
    } else if (event.name().starts_with("aten::") || event.name().starts_with("mkldnn::") ||
               event.name().find("Backward") != std::string::npos ||
               event.name().find("Function") != std::string::npos) {
      threads[event.startThreadId()].push_back(&event);
    }
  }
  for (auto& [thread, events] : threads) {
    std::stable_sort(events.begin(), events.end(), [](const auto* a, const auto* b) {
      return a->startNs() != b->startNs() ? a->startNs() < b->startNs() : a->durationNs() > b->durationNs();
    });
    std::vector<const profiler::KinetoEvent*> open;
    for (const auto* event : events) {
      while (!open.empty() && open.back()->endNs() <= event->startNs()) open.pop_back();
      const double duration = 1e-6 * static_cast<double>(event->durationNs());
      if (!open.empty()) costs[open.back()->name()].milliseconds -= duration;
      Cost& cost = costs[event->name()];
      ++cost.calls;
      cost.milliseconds += duration;
      open.push_back(event);
    }
  }
  return costs;
}

std::function<void()> make_task(const std::string& task, const std::string& name, const at::Device& device) {
  const std::shared_ptr<Backbone> backbone = test::formula_backbone(bench::family_architecture(name));
  backbone->to(device);
  if (task == "erf") {
    const at::Tensor image = test::formula_input(1024, 1024).to(device);
    return [=] {
      ErfOptions options;
      options.count = 1;
      options.bootstrap = 0;
      const TensorSource source{1, [=](std::int64_t) -> Result<at::Tensor> { return image; }};
      if (!effective_receptive_field(backbone, source, options)) std::abort();
    };
  }
  const at::Tensor image = test::formula_input(224, 224).to(device);
  const auto probes = task == "everything" ? bench::everything_probes(*backbone) : std::vector<Probe>{};
  const auto repeated = std::make_shared<RepeatedTrace>(backbone, probes);
  return [=] {
    if (!repeated->run(image)) std::abort();
  };
}

int run(const std::string& task, const std::string& name, const std::string& device_name) {
  const at::Device device(device_name);
  at::globalContext().setAllowTF32CuDNN(false);
  keep_free_memory();
  set_up_compute_threads();
  const std::function<void()> work = make_task(task, name, device);
  constexpr int kRuns = 5;
  for (int i = 0; i < 3; ++i) work();

  using torch::profiler::impl::ActivityType;
  const torch::profiler::impl::ProfilerConfig config(torch::profiler::impl::ProfilerState::KINETO);
  std::set<ActivityType> activities{ActivityType::CPU};
  if (device.is_cuda()) activities.insert(ActivityType::CUDA);
  profiler::prepareProfiler(config, activities);
  profiler::enableProfiler(config, activities);
  for (int i = 0; i < kRuns; ++i) work();
  const auto result = profiler::disableProfiler();

  std::vector<std::pair<std::string, Cost>> rows;
  double total = 0;
  std::int64_t calls = 0;
  for (auto& [kernel, cost] : self_times(*result, device.is_cuda())) {
    rows.emplace_back(kernel, cost);
    total += cost.milliseconds;
    calls += cost.calls;
  }
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.second.milliseconds > b.second.milliseconds; });
  std::printf("%s, %s, %s: %.2f ms in %lld calls a run\n", task.c_str(), name.c_str(), device_name.c_str(),
              total / kRuns, static_cast<long long>(calls / kRuns));
  for (std::size_t i = 0; i < rows.size() && i < 40; ++i) {
    std::printf("%5.1f %%  %8.3f ms  %6lld  %.110s\n", 100 * rows[i].second.milliseconds / total,
                rows[i].second.milliseconds / kRuns, static_cast<long long>(rows[i].second.calls / kRuns),
                rows[i].first.c_str());
  }
  return 0;
}

}  // namespace
}  // namespace orderscope

int main(int argc, char** argv) {
  const std::string task = argc > 1 ? argv[1] : "";
  if (task != "forward" && task != "everything" && task != "erf") {
    std::fprintf(stderr,
                 "orderscope-profile forward|everything|erf [hornet_t_7x7|hornet_t_gf|swin_t|convnext_t] [cpu|cuda]\n");
    return 2;
  }
  return orderscope::run(task, argc > 2 ? argv[2] : "hornet_t_7x7", argc > 3 ? argv[3] : "cpu");
}
