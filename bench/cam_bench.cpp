// SPDX-License-Identifier: GPL-3.0-or-later
// What re-running only the tail saves Ablation-CAM: 64 of a layer's channels, HorNet-T-GF at 224 x 224.
#include <ATen/ATen.h>

#include "bench/compare.h"
#include "core/base/threads.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

constexpr int kSize = 224;
constexpr std::int64_t kChannels = 64, kBatch = 8;

struct Setup {
  std::shared_ptr<Backbone> backbone = test::formula_backbone(test::hornet_architecture(64, true));
  at::Tensor input = test::formula_input(kSize, kSize);

  Setup() { set_up_compute_threads(); }

  static std::function<at::Tensor(const at::Tensor&)> without(std::int64_t channel) {
    return [=](const at::Tensor& x) {
      at::Tensor ablated = x.clone();
      ablated.select(1, channel).zero_();
      return ablated;
    };
  }

  void tail_only(const Trace& trace, const std::string& layer) const {
    std::vector<std::vector<Edit>> variants;
    for (std::int64_t c = 0; c < kChannels; ++c) variants.push_back({{layer, without(c)}});
    benchmark::DoNotOptimize(trace.rerun(variants, {}, kChannels));
  }

  /// As a hook in a library does it, in batches: every channel through all of the network.
  void whole_network(const std::string& layer) const {
    const at::Tensor batch = input.expand({kBatch, -1, -1, -1}).contiguous();
    for (std::int64_t first = 0; first < kChannels; first += kBatch) {
      TraceOptions options;
      options.edits = {{layer, [=](const at::Tensor& x) {
                          at::Tensor ablated = x.clone();
                          for (std::int64_t i = 0; i < kBatch; ++i) ablated[i].select(0, first + i).zero_();
                          return ablated;
                        }}};
      benchmark::DoNotOptimize(Trace::forward(backbone, batch, {}, options));
    }
  }
};

const Setup& setup() {
  static const Setup instance;
  return instance;
}

void AblationOverWholeNetwork(benchmark::State& state, const std::string& layer) {
  const Setup& s = setup();
  const auto trace = Trace::forward(s.backbone, s.input, {});
  bench::compare(
      state, [&] { s.tail_only(*trace, layer); }, [&] { s.whole_network(layer); });
}
BENCHMARK_CAPTURE(AblationOverWholeNetwork, last_block, "stages.3.1")
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AblationOverWholeNetwork, inside_last_block, "stages.3.1.gnconv.proj_out")
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AblationOverWholeNetwork, first_block_of_last_stage, "stages.3.0")
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace orderscope
