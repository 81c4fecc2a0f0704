// SPDX-License-Identifier: GPL-3.0-or-later
// What the exact decomposition of all 25 blocks of a HorNet-T costs, and what one look at all mixers' spectra does.
#include <ATen/ATen.h>
#include <unistd.h>

#include <filesystem>

#include "bench/compare.h"
#include "core/analysis/order_decomposition.h"
#include "core/analysis/order_spectrum.h"
#include "core/base/threads.h"
#include "core/checkpoint/safetensors.h"
#include "core/models/backbone.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

constexpr int kSize = 224;

struct Setup {
  std::shared_ptr<const Model> model;
  at::Tensor input = test::formula_input(kSize, kSize);

  Setup() {
    set_up_compute_threads();
    const auto file = std::filesystem::temp_directory_path() /
                      ("orderscope-bench-orders-" + std::to_string(getpid()) + ".safetensors");
    const auto backbone = test::formula_backbone(test::hornet_architecture(64, false));
    StateDict tensors;
    for (const auto& item : backbone->named_parameters()) tensors.push_back({item.key(), item.value()});
    LoadOptions options;
    options.hash = false;
    if (!write_safetensors(file, tensors)) std::abort();
    auto loaded = load_model(file, options);
    std::filesystem::remove(file);
    if (!loaded) std::abort();
    model = *loaded;
  }

  void forward() const {
    const at::NoGradGuard no_grad;
    benchmark::DoNotOptimize(model->backbone->forward(input));
  }

  /// Terms, energies, shares and maps of every block; with `backward` their contributions too.
  void decompose(OrderTerms by, bool backward) const {
    auto trace = Trace::forward(model->backbone, input, decomposition_probes(*model, model->blocks, backward));
    if (!trace || (backward && !trace->backward({0}))) std::abort();
    const auto use = [](BlockDecomposition& block) -> Result<void> {
      benchmark::DoNotOptimize(block.mean_power);
      return {};
    };
    if (!decompose_orders(*trace, 0, *model, model->blocks, {by}, use, backward)) std::abort();
  }

  void spectra() const {
    const auto trace = Trace::forward(model->backbone, input, {});
    benchmark::DoNotOptimize(order_spectra(*trace, *model, "*", OrderOrigin::NormBias));
  }
};

const Setup& setup() {
  static const Setup instance;
  return instance;
}

void AllBlocksByDegreeOverForward(benchmark::State& state) {
  bench::compare(
      state, [] { setup().decompose(OrderTerms::Degree, false); }, [] { setup().forward(); });
}
BENCHMARK(AllBlocksByDegreeOverForward)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);

void AllBlocksByGatesOverForward(benchmark::State& state) {
  bench::compare(
      state, [] { setup().decompose(OrderTerms::Gates, false); }, [] { setup().forward(); });
}
BENCHMARK(AllBlocksByGatesOverForward)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);

/// With the backward pass that signed contributions need.
void AllBlocksByDegreeWithContributionsOverForward(benchmark::State& state) {
  bench::compare(
      state, [] { setup().decompose(OrderTerms::Degree, true); }, [] { setup().forward(); });
}
BENCHMARK(AllBlocksByDegreeWithContributionsOverForward)
    ->UseManualTime()
    ->Iterations(15)
    ->Unit(benchmark::kMillisecond);

void SpectraOfAllMixersOverForward(benchmark::State& state) {
  bench::compare(
      state, [] { setup().spectra(); }, [] { setup().forward(); });
}
BENCHMARK(SpectraOfAllMixersOverForward)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace orderscope
