// SPDX-License-Identifier: GPL-3.0-or-later
// The families on a CUDA device, kernel by kernel and as one CUDA graph. Each run ends with its results on the CPU.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <chrono>

#include "bench/families.h"
#include "core/analysis/erf.h"
#include "core/analysis/erf_mean.h"
#include "core/cuda/graph.h"
#include "core/cuda/operators.h"
#include "core/trace/repeated_trace.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

const at::Device kDevice(at::kCUDA, 0);

std::shared_ptr<Backbone> on_device(const std::string& name) {
  at::globalContext().setAllowTF32CuDNN(false);
  auto backbone = test::formula_backbone(bench::family_architecture(name));
  backbone->to(kDevice);
  return backbone;
}

/// `task` must wait for its results.
void measure(benchmark::State& state, const std::function<void()>& task) {
  for (int i = 0; i < 3; ++i) task();
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    task();
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
}

void Forward(benchmark::State& state, const std::string& name, bool graph) {
  const at::NoGradGuard no_grad;
  const auto backbone = on_device(name);
  const at::Tensor images = test::formula_input(224, 224).to(kDevice);
  if (!graph) return measure(state, [&] { benchmark::DoNotOptimize(backbone->forward(images).cpu()); });
  auto recorded = cuda::Graph::record(images, [&](const at::Tensor& x) { return std::vector{backbone->forward(x)}; });
  if (!recorded) return state.SkipWithError(recorded.error().message().c_str());
  measure(state, [&] { benchmark::DoNotOptimize(recorded->run(images)->front().cpu()); });
}

void Everything(benchmark::State& state, const std::string& name, bool graph) {
  const auto backbone = on_device(name);
  const at::Tensor images = test::formula_input(224, 224).to(kDevice);
  if (!graph) {
    return measure(state, [&] {
      auto trace = Trace::forward(backbone, images, bench::everything_probes(*backbone));
      if (!trace || !trace->backward({0}) || !trace->move_results_to_cpu()) std::abort();
    });
  }
  RepeatedTrace repeated(backbone, bench::everything_probes(*backbone));
  measure(state, [&] {
    if (!repeated.run(images)) std::abort();
  });
  if (!repeated.recorded()) state.SkipWithError("not recorded");
}

/// Products of [m, k] with [n, k]^T, 20 of them in one graph; the time is that of one.
void Product(benchmark::State& state, bool own) {
  const at::NoGradGuard no_grad;
  const int64_t m = state.range(0), n = state.range(1), k = state.range(2);
  const auto on = at::TensorOptions(kDevice);
  const at::Tensor weight = at::randn({n, k}, on), bias = at::randn({n}, on);
  auto recorded = cuda::Graph::record(at::randn({m, k}, on), [&](const at::Tensor& x) {
    std::vector<at::Tensor> all;
    for (int i = 0; i < 20; ++i)
      all.push_back(own ? cuda::linear(x, weight, bias, false) : at::linear(x, weight, bias));
    return all;
  });
  if (!recorded) return state.SkipWithError(recorded.error().message().c_str());
  const at::Tensor x = at::randn({m, k}, on);
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(recorded->run(x)->back()[0][0].item<float>());
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 20);
  }
}
#define ORDERSCOPE_PRODUCTS(name, own)  \
  BENCHMARK_CAPTURE(Product, name, own) \
      ->Args({3136, 128, 64})           \
      ->Args({3136, 256, 64})           \
      ->Args({3136, 64, 256})           \
      ->Args({784, 256, 128})           \
      ->Args({784, 512, 128})           \
      ->Args({784, 128, 512})           \
      ->Args({196, 64, 32})             \
      ->Args({196, 256, 128})           \
      ->Args({196, 512, 256})           \
      ->Args({196, 1024, 256})          \
      ->Args({196, 256, 1024})          \
      ->Args({49, 1024, 512})           \
      ->Args({49, 2048, 512})           \
      ->Args({49, 512, 2048})           \
      ->Args({196, 1536, 384})          \
      ->Args({196, 384, 1536})          \
      ->UseManualTime()                 \
      ->Iterations(30)                  \
      ->Unit(benchmark::kMicrosecond)
ORDERSCOPE_PRODUCTS(own, true);
ORDERSCOPE_PRODUCTS(library, false);

/// The mean over images, without what is measured on it afterwards; images a pass: state.range(0). The time is that of
/// one image.
void Erf(benchmark::State& state) {
  const auto backbone = on_device("hornet_t_7x7");
  const at::Tensor image = test::formula_input(1024, 1024).to(kDevice);
  ErfOptions options;
  options.count = 4;
  options.batch = state.range(0);
  options.bootstrap = 0;
  const TensorSource source{4, [&](std::int64_t) -> Result<at::Tensor> { return image; }};
  const auto run = [&] {
    auto mean = ErfMean::start(backbone, source, options);
    while (mean && !mean->done())
      if (!mean->add_next()) std::abort();
    benchmark::DoNotOptimize(mean->mean().values.data());
  };
  run();
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    run();
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 4);
  }
}
BENCHMARK(Erf)->Arg(1)->Arg(4)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);

#define ORDERSCOPE_TASK(task, name)                                                                            \
  BENCHMARK_CAPTURE(task, name, #name, false)->UseManualTime()->Iterations(20)->Unit(benchmark::kMillisecond); \
  BENCHMARK_CAPTURE(task, name##_graph, #name, true)->UseManualTime()->Iterations(50)->Unit(benchmark::kMillisecond)
#define ORDERSCOPE_FAMILY(name)   \
  ORDERSCOPE_TASK(Forward, name); \
  ORDERSCOPE_TASK(Everything, name)
ORDERSCOPE_FAMILY(hornet_t_7x7);
ORDERSCOPE_FAMILY(hornet_t_gf);
ORDERSCOPE_FAMILY(swin_t);
ORDERSCOPE_FAMILY(convnext_t);

}  // namespace
}  // namespace orderscope
