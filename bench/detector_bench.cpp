// SPDX-License-Identifier: GPL-3.0-or-later
// What a detector's decisions cost beside its network: HorNet-T Cascade Mask R-CNN at its official widths with the
// formula's weights, on a small picture so that 1000 proposals and 100 masks are the larger part.
#include <ATen/ATen.h>

#include "bench/compare.h"
#include "core/analysis/detect.h"
#include "core/base/threads.h"
#include "core/models/dense/dense_network.h"
#include "tests/formula.h"
#include "tests/official_detector.h"

namespace orderscope {
namespace {

constexpr int kHeight = 256, kWidth = 320;

void DetectOverNetwork(benchmark::State& state) {
  set_up_compute_threads();
  Model model;
  model.architecture = test::hornet_architecture(64, false, {2, 3, 18, 2}, 80);
  model.architecture.levels = {0, 1, 2, 3};
  model.dense = test::official_cascade(model.architecture.dims);
  const auto network = make_dense_network(model.architecture, *model.dense);
  if (!network) std::abort();
  test::fill_by_formula(**network);
  (*network)->eval();
  model.backbone = *network;
  const at::Tensor input = test::formula_input(kHeight, kWidth);
  DetectOptions options;
  options.settings.emplace().rcnn.score_thr = 0;  // as many boxes and masks as there may be
  std::size_t found = 0;
  const auto detections = [&] {
    const auto result = detect(model, input, {{kHeight, kWidth}, {kHeight, kWidth}}, options);
    if (!result) std::abort();
    found = result->found.size();
  };
  state.counters["peak_MB"] = bench::peak_memory_mb(detections);
  bench::compare(state, detections, [&] {
    const at::NoGradGuard no_grad;
    benchmark::DoNotOptimize(model.backbone->run(input));
  });
  state.counters["masks"] = static_cast<double>(found);
}
BENCHMARK(DetectOverNetwork)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace orderscope
