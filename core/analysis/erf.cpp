// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/erf.h"

#include <ATen/ATen.h>

#include "core/analysis/erf_mean.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"

namespace orderscope {

Result<ErfReport> effective_receptive_field(const std::shared_ptr<const Backbone>& backbone, const TensorSource& images,
                                            const ErfOptions& options, const JobContext& job) {
  TRY(ErfMean mean, ErfMean::start(backbone, images, options));
  while (!mean.done()) {
    job.progress(mean.used(), mean.wanted(), "effective receptive field");
    TRY_VOID(mean.add_next(job));
    if (options.on_mean && mean.used() > 0) options.on_mean(mean.mean(), mean.used());
  }
  return mean.report(true, job);
}

Result<std::shared_ptr<const Backbone>> random_control(const Backbone& backbone, std::uint64_t seed,
                                                       double layer_scale) {
  TRY(const std::shared_ptr<Backbone> control, make_backbone(backbone.architecture()));
  TRY_VOID(guarded([&] {
    at::manual_seed(seed);
    initialize(*control, layer_scale);
    control->eval();
    for (at::Tensor& parameter : control->parameters()) parameter.set_requires_grad(false);
    const auto parameters = backbone.parameters();
    if (!parameters.empty()) control->to(parameters.front().device());
  }));
  return control;
}

}  // namespace orderscope
