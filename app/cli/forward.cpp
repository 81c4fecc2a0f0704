// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "app/cli/tap_files.h"
#include "core/analysis/finite_logits.h"
#include "core/checkpoint/npy.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"

namespace orderscope::cli {

namespace {

struct Options {
  ModelOptions model;
  InputOptions input;
  std::string taps;
};

void print_top_five(const nlohmann::json& images) {
  for (std::size_t n = 0; n < images.size(); ++n) {
    if (images.size() > 1) std::printf("image %zu\n", n);
    for (const auto& entry : images[n]) {
      std::printf("%6.2f %%  %-24s %5d  logit %.4f\n", 100 * entry["probability"].get<double>(),
                  entry["name"].get<std::string>().c_str(), entry["index"].get<int>(), entry["logit"].get<double>());
    }
  }
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const auto model, options.model.load(common, job, Accepts::AnyModel));
  TRY(const ModelInput input, options.input.read(*model));
  TRY(const TapFiles taps, TapFiles::make(*model, options.taps, common.output));
  TRY(const Trace trace,
      Trace::forward(model->backbone, input.images.to(at::Device(common.device)), taps.probes(), {}, job));
  TRY_VOID(taps.status());
  if (const auto missing = taps.missing(); !missing.empty())
    print_warning(missing.front() + (missing.size() > 1 ? " and others do not pass" : " does not pass") +
                  " in the network itself: `detect --taps` writes it");
  const bool has_logits = trace.logits().defined();
  if (has_logits) TRY_VOID(write_npy(common.output / "logits.npy", trace.logits()));

  if (has_logits && !check_finite_logits(trace.logits())) print_warning("the logits hold NaN or Inf");
  nlohmann::json precision;
  TRY_VOID(tell_precision_error(*model, input.images, precision, job));
  const nlohmann::json top = top_five(*model, trace.logits());
  nlohmann::json result{{"taps", taps.files()}, {"provenance", provenance_of(*model, input).fields()}};
  if (!precision.is_null()) result.update(precision);
  if (has_logits) result["logits"] = "logits.npy";
  if (!top.is_null()) result["top5"] = top;
  TRY_VOID(write_json(common.output / "forward.json", result));
  if (common.json) {
    print_json(result);
  } else if (!top.is_null()) {
    print_top_five(top);
  } else {
    std::printf("written to %s\n", common.output.c_str());
  }
  return {};
}

}  // namespace

Run make_forward(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app, Accepts::AnyModel);
  options->model.add_precision_to(app);
  options->input.add_to(app);
  app.add_option("--taps", options->taps,
                 "intermediates to write: patterns as stages.2.*.gnconv.gate.*, separated by commas");
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
