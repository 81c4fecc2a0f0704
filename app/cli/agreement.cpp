// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/agreement.h"

#include <ATen/ATen.h>

#include <cstdio>

#include "app/cli/image_set.h"
#include "app/cli/values_json.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/run/model_input.h"
#include "core/trace/trace.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

struct Options {
  std::vector<std::filesystem::path> models;
  ImageSetOptions images;
  MethodOptions method;
};

/// Logits [N, classes] of the first `count` pictures.
Result<at::Tensor> logits_of(const Model& model, const TensorSource& source, std::int64_t count,
                             const JobContext& job) {
  std::vector<at::Tensor> all;
  JobContext silent;
  silent.stop = job.stop;
  for (std::int64_t i = 0; i < count; ++i) {
    job.progress(i, count, model.name);
    TRY(const at::Tensor image, source.image(i));
    TRY(const Trace trace, Trace::forward(model.backbone, image, {}, {}, silent));
    all.push_back(trace.logits().to(at::kCPU));
  }
  return at::cat(all);
}

/// Means over the images that have a value; scores that are not finite agree with nothing.
struct Summary {
  double top1 = 0, js = 0, rank = 0;
};

Summary summary_of(const std::vector<ScoreAgreement>& images) {
  Summary s;
  double with_js = 0, with_rank = 0;
  for (const ScoreAgreement& image : images) {
    if (std::isfinite(image.js_divergence)) s.top1 += image.same_top1, s.js += image.js_divergence, ++with_js;
    if (std::isfinite(image.rank_correlation)) s.rank += image.rank_correlation, ++with_rank;
  }
  s.top1 /= with_js;
  s.js /= with_js;
  s.rank /= with_rank;
  return s;
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const MethodValues values, options.method.for_method(agreement_descriptor()));
  TRY(const ImageSet set, options.images.open());
  const std::int64_t count = limited_count(values.integer("count"), set.size());
  std::vector<std::shared_ptr<const Model>> models;
  std::vector<at::Tensor> logits;
  for (const auto& path : options.models) {
    ModelOptions one;
    one.path = path;
    TRY(auto model, one.load(common, job));
    const TensorSource source = tensor_source(set, options.images.preprocessing(model->preprocessing), common.device);
    TRY(at::Tensor scores, logits_of(*model, source, count, job));
    const auto finite = at::isfinite(scores).all(1).sum().item<std::int64_t>();
    if (finite < count)
      print_warning(model->name + ": the scores of " + std::to_string(count - finite) + " of " + std::to_string(count) +
                    " images are not finite; these images are left out of the means");
    logits.push_back(std::move(scores));
    models.push_back(std::move(model));
  }

  json pairs = json::array();
  CsvWriter table;
  for (const char* column : {"image", "model_a", "model_b", "same_top1", "js_divergence", "rank_correlation"})
    table.add(column);
  table.end_row();
  for (std::size_t i = 0; i < models.size(); ++i) {
    for (std::size_t j = i + 1; j < models.size(); ++j) {
      auto found = score_agreement(logits[i], logits[j]);
      if (!found) return fail(std::move(found.error()).on(models[i]->name + ", " + models[j]->name));
      const Summary s = summary_of(*found);
      pairs.push_back({{"models", {models[i]->name, models[j]->name}},
                       {"top1_agreement", number_or_null(s.top1)},
                       {"js_divergence", number_or_null(s.js)},
                       {"rank_correlation", number_or_null(s.rank)}});
      if (!common.json) {
        std::printf("%s, %s: same top-1 %.1f %%, Jensen-Shannon %.4f bits, rank correlation %.4f\n",
                    models[i]->name.c_str(), models[j]->name.c_str(), 100 * s.top1, s.js, s.rank);
      }
      for (std::int64_t n = 0; n < count; ++n) {
        const ScoreAgreement& image = (*found)[n];
        table.add(set.name(n)).add(options.models[i].string()).add(options.models[j].string());
        table.add(image.same_top1 ? 1 : 0).add(image.js_divergence).add(image.rank_correlation).end_row();
      }
    }
  }
  json provenance = json::array();
  for (const auto& model : models) {
    Provenance p = provenance_of(*model, {});
    p.method = agreement_descriptor().id;
    p.preprocessing = options.images.preprocessing(model->preprocessing).text();
    provenance.push_back(p.fields());
  }
  const json result{{"images", count}, {"pairs", pairs}, {"table", "agreement.csv"}, {"provenance", provenance}};
  TRY_VOID(write_file(common.output / "agreement.csv", std::string_view(table.text())));
  TRY_VOID(write_json(common.output / "agreement.json", result));
  if (common.json) print_json(result);
  return {};
}

}  // namespace

Run make_agreement(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  app.add_option("MODEL", options->models, "two or more checkpoints")->required()->expected(2, 64);
  options->images.add_to(app);
  options->method.add_to(app, agreement_descriptor());
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
