// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/families.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/analysis/grad_cam.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/order_maps.h"
#include "core/models/linear.h"
#include "tests/formula.h"

namespace orderscope::bench {

Architecture family_architecture(const std::string& name) {
  if (name == "hornet_t_7x7") return test::hornet_architecture(64, false);
  if (name == "hornet_t_gf") return test::hornet_architecture(64, true);
  if (name == "swin_t") return test::swin_architecture(96, {2, 2, 6, 2}, {3, 6, 12, 24}, 7, 224);
  return test::convnext_architecture(96, {3, 3, 9, 3});
}

std::vector<Probe> everything_probes(const Backbone& backbone) {
  std::string blocks;
  for (const Step& step : backbone.steps()) {
    const bool block = step.name.starts_with("stages.") || step.name.find(".blocks.") != std::string::npos;
    if (block) blocks += (blocks.empty() ? "" : ",") + step.name;
  }
  std::vector<Probe> probes{grad_cam_probe(blocks)};
  if (backbone.architecture().family == Family::HorNet)
    probes.insert(probes.end(), {order_maps_probe(), order_contribution_probe()});
  return probes;
}

namespace {
constexpr std::int64_t kRows = 1024;
}

MatrixProduct::MatrixProduct(std::int64_t macs)
    : rows_(at::randn({kRows, kRows})),
      weight_(at::randn({std::max<std::int64_t>(1, macs / (kRows * kRows)), kRows})) {}

void MatrixProduct::run(int times) const {
  const at::NoGradGuard no_grad;
  for (int i = 0; i < times; ++i) fast_linear(rows_, weight_, at::Tensor());
}

double MatrixProduct::macs() const { return static_cast<double>(kRows * weight_.numel()); }

}  // namespace orderscope::bench
