// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "core/analysis/finite_logits.h"
#include "core/checkpoint/npy.h"
#include "core/models/backbone.h"
#include "core/trace/find_taps.h"
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
  TRY(const auto model, options.model.load(common, job));
  TRY(const ModelInput input, options.input.read(*model));

  // Each intermediate is written as it passes, since all of them together may be larger than memory. A probe is not
  // told which tap it sees, so there is one for each.
  nlohmann::json files = nlohmann::json::object();
  Result<void> written;
  std::vector<Probe> writers;
  std::vector<std::string> taps;
  if (!options.taps.empty()) {
    TRY(taps, find_taps(*model->backbone, options.taps));
  }
  for (const std::string& tap : taps) {
    writers.push_back({tap,
                       [&, tap](const at::Tensor& x) {
                         if (!written) return at::Tensor();
                         const std::string name = tap + ".npy";
                         written = write_npy(common.output / name, x);
                         files[tap] = name;
                         return at::Tensor();
                       },
                       {}});
  }
  TRY(const Trace trace,
      Trace::forward(model->backbone, input.images.to(at::Device(common.device)), std::move(writers), {}, job));
  TRY_VOID(std::move(written));
  TRY_VOID(write_npy(common.output / "logits.npy", trace.logits()));

  if (!check_finite_logits(trace.logits())) print_warning("the logits hold NaN or Inf");
  const nlohmann::json top = top_five(*model, trace.logits());
  const nlohmann::json result{
      {"top5", top}, {"logits", "logits.npy"}, {"taps", files}, {"provenance", provenance_of(*model, input).fields()}};
  TRY_VOID(write_json(common.output / "forward.json", result));
  if (common.json) {
    print_json(result);
  } else {
    print_top_five(top);
  }
  return {};
}

}  // namespace

Run make_forward(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app);
  options->input.add_to(app);
  app.add_option("--taps", options->taps,
                 "intermediates to write: patterns as stages.2.*.gnconv.gate.*, separated by commas");
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
