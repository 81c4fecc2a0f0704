// SPDX-License-Identifier: GPL-3.0-or-later
// The families at 224 x 224 with the formula's weights against the machine's matrix products: the same number of
// multiply-adds in one large product. 1 / ratio is the share of the limit that is reached.
#include <ATen/ATen.h>

#include "bench/compare.h"
#include "bench/families.h"
#include "core/base/threads.h"
#include "core/models/backbone.h"
#include "core/models/linear.h"
#include "core/trace/trace.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

constexpr int kSize = 224;

struct Setup {
  explicit Setup(const std::string& name) : backbone(test::formula_backbone(bench::family_architecture(name))) {
    set_up_compute_threads();
    columns = std::max<int64_t>(1, backbone->macs(kSize, kSize) / (kRows * kRows));
    weight = at::randn({columns, kRows});
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

  void products(int times) const {
    const at::NoGradGuard no_grad;
    for (int i = 0; i < times; ++i) benchmark::DoNotOptimize(fast_linear(rows, weight, at::Tensor()));
  }

  static constexpr int64_t kRows = 1024;
  std::shared_ptr<Backbone> backbone;
  at::Tensor input = test::formula_input(kSize, kSize);
  at::Tensor rows = at::randn({kRows, kRows});
  int64_t columns = 0;
  at::Tensor weight;
};

void Forward(benchmark::State& state, const std::string& name) {
  const Setup s(name);
  bench::compare(
      state, [&] { s.forward(); }, [&] { s.products(1); });
  state.counters["GFLOP_s"] =
      2e-6 * static_cast<double>(s.columns * Setup::kRows * Setup::kRows) / state.counters["baseline_ms"].value;
}

/// The backward pass to the activations has as many products as the forward pass.
void Everything(benchmark::State& state, const std::string& name) {
  const Setup s(name);
  state.counters["peak_MB"] = bench::peak_memory_mb([&] { s.everything(); });
  bench::compare(
      state, [&] { s.everything(); }, [&] { s.products(2); });
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
