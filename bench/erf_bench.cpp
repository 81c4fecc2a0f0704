// SPDX-License-Identifier: GPL-3.0-or-later
// An effective receptive field against the passes it cannot do without: one 1024 x 1024 image through HorNet-T with the
// formula's weights.
#include <ATen/ATen.h>

#include "bench/compare.h"
#include "bench/families.h"
#include "core/analysis/erf.h"
#include "core/base/threads.h"
#include "core/models/backbone.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

constexpr int kSize = 1024;

struct Setup {
  std::shared_ptr<const Backbone> backbone = test::formula_backbone(test::hornet_architecture(64, false));
  at::Tensor input = test::formula_input(kSize, kSize);

  Setup() { set_up_compute_threads(); }

  /// Forward to the last block, backward from the unit in its middle to the image.
  void bare() const {
    const at::Tensor x = input.detach().requires_grad_(true);
    at::Tensor y = x;
    for (std::size_t i = 0; i + 1 < backbone->steps().size(); ++i) y = backbone->steps()[i].run(y, nullptr).x;
    at::relu(y.select(2, y.size(2) / 2).select(1, y.size(1) / 2)).sum().backward();
    benchmark::DoNotOptimize(x.grad());
  }

  /// Everything that the command does but decoding and drawing: the mean, the areas, the radial profile.
  void field() const {
    ErfOptions options;
    options.count = 1;
    const TensorSource source{1, [this](std::int64_t) -> Result<at::Tensor> { return input; }};
    if (!effective_receptive_field(backbone, source, options)) std::abort();
  }
};

void ErfOverForwardBackward(benchmark::State& state) {
  const Setup s;
  state.counters["peak_MB"] = bench::peak_memory_mb([&] { s.field(); });
  bench::compare(
      state, [&] { s.field(); }, [&] { s.bare(); });
}
BENCHMARK(ErfOverForwardBackward)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);

/// Forward and backward have as many products each; 1 / ratio is the share of the limit that is reached.
void ErfOverLimit(benchmark::State& state) {
  const Setup s;
  const bench::MatrixProduct limit(s.backbone->macs(kSize, kSize));
  bench::compare(
      state, [&] { s.field(); }, [&] { limit.run(2); });
}
BENCHMARK(ErfOverLimit)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace orderscope
