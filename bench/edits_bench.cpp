// SPDX-License-Identifier: GPL-3.0-or-later
// What editing orders costs: every block x every order of HorNet-T-GF with the formula's weights.
#include <ATen/ATen.h>

#include "bench/compare.h"
#include "core/analysis/order_ablation.h"
#include "core/analysis/order_mixer.h"
#include "core/base/threads.h"
#include "core/models/backbone.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

constexpr int kSize = 224;

struct Setup {
  std::shared_ptr<Backbone> backbone = test::formula_backbone(test::hornet_architecture(64, true));
  std::shared_ptr<Model> model = std::make_shared<Model>();
  at::Tensor input = test::formula_input(kSize, kSize);
  std::vector<std::vector<Edit>> variants;

  Setup() {
    set_up_compute_threads();
    model->name = "HorNet-T-GF";
    model->architecture = backbone->architecture();
    model->backbone = backbone;
    for (const Step& step : backbone->steps()) {
      if (!step.name.starts_with("stages.")) continue;
      BlockInfo block;
      block.name = step.name;
      block.stage = step.name[7] - '0';
      block.order = model->architecture.orders[static_cast<std::size_t>(block.stage)];
      model->blocks.push_back(block);
    }
    const auto sweep = order_sweep(*model, AblationScope::Block, {});
    for (const AblatedOrder& one : *sweep) variants.push_back(one.edits);
  }

  void forwards(std::size_t count) const {
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < count; ++i) benchmark::DoNotOptimize(backbone->forward(input));
  }

  void sweep(std::int64_t batch) const {
    const auto trace = Trace::forward(backbone, input, {});
    benchmark::DoNotOptimize(trace->rerun(variants, {}, batch));
  }
};

const Setup& setup() {
  static const Setup instance;
  return instance;
}

/// 95 edits and the forward that they start from, over 95 forwards.
void OrderSweepOverForwards(benchmark::State& state) {
  const Setup& s = setup();
  const std::int64_t batch = state.range(0);
  state.counters["peak_MB"] = bench::peak_memory_mb([&] { s.sweep(batch); });
  bench::compare(
      state, [&] { s.sweep(batch); }, [&] { s.forwards(s.variants.size()); });
  state.counters["edits"] = static_cast<double>(s.variants.size());
}
BENCHMARK(OrderSweepOverForwards)->Arg(16)->Arg(1)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);

/// A slider of a block in the middle moves, over a forward.
void MixerOverForward(benchmark::State& state) {
  const Setup& s = setup();
  const auto trace = Trace::forward(s.backbone, s.input, {});
  OrderMixer mixer(s.model, *trace);
  std::vector<OrderFactor> factors{{"stages.0.0", 1, 0.5}, {"stages.2.9", 2, 0.5}};
  bench::compare(
      state,
      [&] {
        factors.back().factor += 0.01;
        benchmark::DoNotOptimize(mixer.mix(factors));
      },
      [&] { s.forwards(1); });
}
BENCHMARK(MixerOverForward)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace orderscope
