// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cka.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>

#include "app/cli/image_set.h"
#include "app/cli/values_json.h"
#include "core/analysis/layer_statistics.h"
#include "core/checkpoint/npy.h"
#include "core/image/chart.h"
#include "core/image/png.h"
#include "core/run/model_input.h"
#include "core/trace/find_taps.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

struct Options {
  ModelOptions a, b;
  ImageSetOptions images;
  std::filesystem::path input;
  MethodOptions method;
};

/// The pictures behind both models, or an array that both are fed as it is.
struct Pictures {
  std::optional<ImageSet> set;
  at::Tensor array;
  std::string sha256, preprocessing;

  std::int64_t count() const { return set ? set->size() : array.size(0); }

  TensorSource source(const Model& model, const Options& options, const std::string& device) const {
    if (set) return tensor_source(*set, options.images.preprocessing(model.preprocessing), device);
    return {array.size(0), [x = array, device](std::int64_t index) -> Result<at::Tensor> {
              return x.slice(0, index, index + 1).to(at::Device(device));
            }};
  }
};

Result<Pictures> open(const Options& options, const Model& model) {
  Pictures pictures;
  if (!options.input.empty()) {
    TRY(ModelInput input, read_array_input(options.input, model.preprocessing));
    pictures.array = std::move(input.images);
    pictures.sha256 = std::move(input.sha256);
    pictures.preprocessing = std::move(input.preprocessing);
    return pictures;
  }
  TRY(pictures.set, options.images.open());
  return pictures;
}

Result<CkaSide> side(const Model& model, const Pictures& pictures, const std::string& layers, std::int64_t count,
                     const Options& options, const CommonOptions& common) {
  CkaSide s;
  s.backbone = model.backbone;
  TRY(s.layers, find_taps(*model.backbone, block_pattern(model, layers)));
  s.images = pictures.source(model, options, common.device);
  s.images.count = count;
  return s;
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const MethodValues values, options.method.for_method(cka_descriptor()));
  CkaOptions cka;
  TRY(cka.estimator, cka_estimator_from_string(values.text("estimator")));
  cka.batch = values.integer("batch");
  TRY(const auto a, options.a.load(common, job, Accepts::AnyModel));
  TRY(const auto b, options.b.load(common, job, Accepts::AnyModel));
  TRY(Pictures pictures, open(options, *a));
  const std::int64_t count = limited_count(values.integer("count"), pictures.count());
  TRY(const CkaSide side_a, side(*a, pictures, values.text("layers-a"), count, options, common));
  TRY(const CkaSide side_b, side(*b, pictures, values.text("layers-b"), count, options, common));
  TRY(const CkaResult found, linear_cka(side_a, side_b, cka, job));
  for (const std::string& warning : found.warnings) print_warning(warning);

  if (pictures.set) {
    std::vector<std::int64_t> indices(count);
    for (std::int64_t i = 0; i < count; ++i) indices[i] = i;
    TRY(pictures.sha256, pictures.set->hash(indices));
  }
  const auto provenance = [&](const Model& model) {
    Provenance p = provenance_of(model, {});
    p.image_sha256 = pictures.sha256;
    p.preprocessing = pictures.set ? options.images.preprocessing(model.preprocessing).text() : pictures.preprocessing;
    p.method = cka_descriptor().id;
    p.parameters = values.all();
    return p.fields();
  };

  const Matrix& matrix = found.matrix;
  const auto rows = static_cast<std::int64_t>(matrix.rows.size());
  const auto columns = static_cast<std::int64_t>(matrix.columns.size());
  TRY_VOID(write_npy(common.output / "cka.npy", at::tensor(matrix.values, at::kDouble).view({rows, columns})));
  TRY_VOID(write_csv(common.output / "cka.csv", matrix));

  MatrixFigure figure;
  figure.title = "Linear CKA, " + to_string(cka.estimator);
  figure.subtitle = std::to_string(found.images) + " images";
  figure.rows = matrix.rows;
  figure.columns = matrix.columns;
  figure.row_title = a->name;
  figure.column_title = b->name;
  figure.values = matrix.values;
  // Unbiased values may leave 0 to 1.
  ChartRange range{0, 1};
  for (const double value : matrix.values) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  figure.scale = {Colormap::Magma, static_cast<float>(range.low), static_cast<float>(range.high)};
  figure.write_values = true;
  TRY(const Image drawn, draw_matrix(figure));
  TRY_VOID(write_png(common.output / "cka.png", drawn, provenance(*a)));

  const json result{{"estimator", to_string(cka.estimator)},
                    {"images", found.images},
                    {"batch", cka.estimator == CkaEstimator::Minibatch ? json(cka.batch) : json(nullptr)},
                    {"models", {a->name, b->name}},
                    {"matrix", to_json(matrix)},
                    {"files", {{"matrix", "cka.npy"}, {"table", "cka.csv"}, {"picture", "cka.png"}}},
                    {"warnings", found.warnings},
                    {"provenance", {provenance(*a), provenance(*b)}}};
  TRY_VOID(write_json(common.output / "cka.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("CKA (%s) of %lld x %lld layers over %lld images, written to %s\n", to_string(cka.estimator).c_str(),
                static_cast<long long>(rows), static_cast<long long>(columns), static_cast<long long>(found.images),
                common.output.c_str());
  }
  return {};
}

}  // namespace

Run make_cka(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  app.add_option("MODEL_A", options->a.path, "checkpoint: .pth or .safetensors")->required();
  app.add_option("MODEL_B", options->b.path, "the other one; the same file compares a model with itself")->required();
  app.add_option("--key-a", options->a.key, "which state dict of the first file");
  app.add_option("--key-b", options->b.key, "which state dict of the second file");
  options->images.add_to(app, options->input);
  options->method.add_to(app, cka_descriptor());
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
