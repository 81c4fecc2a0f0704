// SPDX-License-Identifier: GPL-3.0-or-later
// What a detector's decisions cost beside its network: HorNet-T Cascade Mask R-CNN at its official widths with the
// formula's weights, on a small picture so that 1000 proposals and 100 masks are the larger part.
#include <ATen/ATen.h>

#include "bench/compare.h"
#include "core/analysis/detect.h"
#include "core/base/threads.h"
#include "core/models/dense/dense_network.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

constexpr int kHeight = 256, kWidth = 320;

/// cascade_mask_rcnn_hornet_tiny_7x7_3x_coco_in1k.
DenseArchitecture official_cascade(const std::vector<int>& widths) {
  DenseArchitecture dense;
  dense.neck.emplace();
  for (const int width : widths) {
    dense.neck->laterals.push_back({width, 256, 1, true, false});
    dense.neck->outputs.push_back({256, 256, 3, true, false});
  }
  dense.rpn = RpnShape{{256, 256, 3, true, false}, 3};
  BoxHeadShape box;
  box.convs.assign(4, {256, 256, 3, false, true});
  box.fcs = {1024};
  box.classes = 80;
  MaskHeadShape mask;
  mask.convs.assign(4, {256, 256, 3, true, false});
  mask.upsample_channels = 256;
  mask.classes = 80;
  dense.box_heads.assign(3, box);
  dense.mask_heads.assign(3, mask);
  return dense;
}

void DetectOverNetwork(benchmark::State& state) {
  set_up_compute_threads();
  Model model;
  model.architecture = test::hornet_architecture(64, false, {2, 3, 18, 2}, 80);
  model.architecture.levels = {0, 1, 2, 3};
  model.dense = official_cascade(model.architecture.dims);
  const auto network = make_dense_network(model.architecture, *model.dense);
  if (!network) std::abort();
  test::fill_by_formula(**network);
  (*network)->eval();
  model.backbone = *network;
  const at::Tensor input = test::formula_input(kHeight, kWidth);
  DetectOptions options;
  options.settings.rcnn.score_thr = 0;  // as many boxes and masks as there may be
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
