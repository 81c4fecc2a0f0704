// SPDX-License-Identifier: GPL-3.0-or-later
// What looking inside costs: one photo-sized input through HorNet-T-GF with the formula's weights.
#include <ATen/ATen.h>

#include "bench/compare.h"
#include "core/analysis/grad_cam.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/order_maps.h"
#include "core/base/threads.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

constexpr int kSize = 224;

struct Setup {
  std::shared_ptr<Backbone> backbone = test::formula_backbone(test::hornet_architecture(64, true));
  at::Tensor input = test::formula_input(kSize, kSize);

  Setup() { set_up_compute_threads(); }

  std::string blocks() const {
    std::string names;
    for (const Step& step : backbone->steps())
      if (step.name.starts_with("stages.")) names += (names.empty() ? "" : ",") + step.name;
    return names;
  }

  void forward() const {
    const at::NoGradGuard no_grad;
    benchmark::DoNotOptimize(backbone->forward(input));
  }

  void forward_with_order_maps() const {
    benchmark::DoNotOptimize(Trace::forward(backbone, input, {order_maps_probe()}));
  }

  /// The cheapest pass that has gradients of the activations: from a logit to the stem's output.
  void forward_and_backward() const {
    at::Tensor x = backbone->steps()[0].run(input, nullptr).x.detach().requires_grad_(true);
    at::Tensor y = x;
    for (std::size_t i = 1; i < backbone->steps().size(); ++i) y = backbone->steps()[i].run(y, nullptr).x;
    y.select(1, 0).sum().backward();
  }

  void everything() const {
    auto trace =
        Trace::forward(backbone, input, {order_maps_probe(), order_contribution_probe(), grad_cam_probe(blocks())});
    benchmark::DoNotOptimize(trace->backward({0}));
  }
};

const Setup& setup() {
  static const Setup instance;
  return instance;
}

void OrderMapsOverForward(benchmark::State& state) {
  const Setup& s = setup();
  bench::compare(
      state, [&] { s.forward_with_order_maps(); }, [&] { s.forward(); });
}
BENCHMARK(OrderMapsOverForward)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);

/// 25 blocks: value, gates, states, contributions of every order, and Grad-CAM at every block.
void EverythingOverForwardBackward(benchmark::State& state) {
  const Setup& s = setup();
  state.counters["peak_MB"] = bench::peak_memory_mb([&] { s.everything(); });
  bench::compare(
      state, [&] { s.everything(); }, [&] { s.forward_and_backward(); });
}
BENCHMARK(EverythingOverForwardBackward)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace orderscope
