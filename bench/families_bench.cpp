// SPDX-License-Identifier: GPL-3.0-or-later
// The families at 224 x 224 with the formula's weights against the machine's matrix products: the same number of
// multiply-adds in one large product. 1 / ratio is the share of the limit that is reached.
#include <ATen/ATen.h>

#include "bench/compare.h"
#include "bench/families.h"
#include "core/base/threads.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

constexpr int kSize = 224;

struct Setup {
  explicit Setup(const std::string& name) : backbone(test::formula_backbone(bench::family_architecture(name))) {
    set_up_compute_threads();
  }

  void forward() const {
    const at::NoGradGuard no_grad;
    benchmark::DoNotOptimize(backbone->forward(input));
  }

  /// A Grad-CAM at every block, and for gnConv all order maps and contributions, from one pass.
  void everything() const {
    auto trace = Trace::forward(backbone, input, bench::everything_probes(*backbone));
    benchmark::DoNotOptimize(trace->backward({0}));
  }

  std::shared_ptr<Backbone> backbone;
  at::Tensor input = test::formula_input(kSize, kSize);
  bench::MatrixProduct limit{backbone->macs(kSize, kSize)};
};

void Forward(benchmark::State& state, const std::string& name) {
  const Setup s(name);
  bench::compare(
      state, [&] { s.forward(); }, [&] { s.limit.run(); });
  state.counters["GFLOP_s"] = 2e-6 * s.limit.macs() / state.counters["baseline_ms"].value;
}

/// The backward pass to the activations has as many products as the forward pass.
void Everything(benchmark::State& state, const std::string& name) {
  const Setup s(name);
  state.counters["peak_MB"] = bench::peak_memory_mb([&] { s.everything(); });
  bench::compare(
      state, [&] { s.everything(); }, [&] { s.limit.run(2); });
}

#define ORDERSCOPE_FAMILY(name)                                                                            \
  BENCHMARK_CAPTURE(Forward, name, #name)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond); \
  BENCHMARK_CAPTURE(Everything, name, #name)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond)
ORDERSCOPE_FAMILY(hornet_t_7x7);
ORDERSCOPE_FAMILY(hornet_t_gf);
ORDERSCOPE_FAMILY(swin_t);
ORDERSCOPE_FAMILY(convnext_t);

}  // namespace
}  // namespace orderscope
