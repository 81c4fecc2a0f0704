// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/cli/image_set.h"
#include "app/cli/input.h"
#include "core/analysis/pca_rgb.h"
#include "core/analysis/tensor_map.h"
#include "core/checkpoint/npy.h"
#include "core/image/canvas.h"
#include "core/image/png.h"
#include "core/models/backbone.h"
#include "core/trace/find_taps.h"
#include "core/trace/trace.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

/// Scores of this many root mean squares are drawn in full colour; what lies beyond is cut off, and the JSON says so.
constexpr double kFullColor = 2.5;

struct Options {
  std::vector<std::filesystem::path> models;
  std::vector<std::string> layers{"middle"};
  InputOptions input;
};

/// The last block of the third stage, where maps are still fine and features no longer edges.
std::string middle_layer(const Model& model) {
  const int stage = std::min(2, model.blocks.back().stage);
  std::string name;
  for (const BlockInfo& block : model.blocks)
    if (block.stage == stage) name = block.name;
  return name;
}

/// An activation as [C, h, w]. Errors: InvalidInput for a tap without places.
Result<at::Tensor> activation_of(const Model& model, const at::Tensor& image, const std::string& layer,
                                 const JobContext& job) {
  TRY(const std::string tap, find_tap(*model.backbone, layer == "middle" ? middle_layer(model) : layer));
  TRY(const Trace trace, Trace::forward(model.backbone, image, {Probe::record(tap)}, {}, job));
  const at::Tensor x = trace.result(0, tap);
  if (!x.defined() || x.dim() < 3 || tap.ends_with(".attn.probs"))
    return fail(Error::Kind::InvalidInput, "has no channels and places", tap, "take the output of a block");
  if (x.dim() == 4) return x[0];
  const auto [h, w] = token_grid(x.size(1), image.size(2), image.size(3));
  return x[0].t().reshape({x.size(2), h, w});
}

/// Each cell a block of pixels: what the layer sees, not an interpolation.
Image picture_of(const at::Tensor& rgb, int width, int height) {
  const at::Tensor x = rgb.contiguous();
  const auto h = static_cast<int>(x.size(1)), w = static_cast<int>(x.size(2));
  const float* data = x.const_data_ptr<float>();
  Image image{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(3) * width * height)};
  for (int y = 0; y < height; ++y)
    for (int column = 0; column < width; ++column)
      for (int c = 0; c < 3; ++c) {
        const float score = data[(c * h + y * h / height) * w + column * w / width];
        const double level = 127.5 * (1 + score / kFullColor);
        image.row(y)[3 * column + c] = static_cast<std::uint8_t>(std::lround(std::clamp(level, 0.0, 255.0)));
      }
  return image;
}

/// The photograph, then a picture a model, with captions.
Image compose(const Image& photo, const std::vector<PcaRgb>& found, const std::vector<std::string>& captions) {
  const int tile = 256, gap = 16, text = 40;
  const int height = std::clamp(tile * photo.height / photo.width, 16, 4 * tile);
  const auto count = static_cast<int>(found.size()) + 1;
  Canvas canvas(gap + count * (tile + gap), height + 2 * gap + text, light_theme.ground);
  canvas.picture(gap, gap, resize_bicubic(photo, tile, height));
  canvas.text(float(gap), float(gap + height + 18), "input", {13, false, light_theme.ink});
  for (int i = 1; i < count; ++i) {
    const int x = gap + i * (tile + gap);
    canvas.picture(x, gap, picture_of(found[i - 1].rgb, tile, height));
    const std::size_t line = captions[i - 1].find('\n');
    canvas.text(float(x), float(gap + height + 18), captions[i - 1].substr(0, line), {13, false, light_theme.ink});
    canvas.text(float(x), float(gap + height + 36), captions[i - 1].substr(line + 1), {12, false, light_theme.muted});
  }
  return std::move(canvas).image();
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  if (options.layers.size() != 1 && options.layers.size() != options.models.size()) {
    return fail(
        Error::Kind::InvalidInput, "one layer for all models, or one for each", "--layer",
        std::to_string(options.models.size()) + " models, " + std::to_string(options.layers.size()) + " layers");
  }
  std::vector<at::Tensor> activations;
  std::vector<std::shared_ptr<const Model>> models;
  std::vector<std::string> layers;
  std::vector<Provenance> provenance;
  Image photo;
  for (std::size_t i = 0; i < options.models.size(); ++i) {
    ModelOptions one;
    one.path = options.models[i];
    TRY(auto model, one.load(common, job));
    TRY(const ModelInput input, options.input.read_one(*model));
    const std::string& wanted = options.layers[options.layers.size() == 1 ? 0 : i];
    layers.push_back(wanted == "middle" ? middle_layer(*model) : wanted);
    TRY(at::Tensor x, activation_of(*model, input.images.to(at::Device(common.device)), wanted, job));
    activations.push_back(std::move(x));
    Provenance p = provenance_of(*model, input);
    p.layer = layers.back();
    p.method = pca_descriptor().id;
    provenance.push_back(std::move(p));
    if (i == 0) photo = input.picture;
    models.push_back(std::move(model));
  }
  TRY(const auto found, pca_rgb(activations));

  json entries = json::array();
  std::vector<std::string> captions;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string file = "pca." + std::to_string(i) + ".npy";
    TRY_VOID(write_npy(common.output / file, found[i].rgb));
    const double shown = found[i].variance[0] + found[i].variance[1] + found[i].variance[2];
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, "%.0f %% of the variance, alignment %.2f", 100 * shown, found[i].alignment);
    captions.push_back(models[i]->name + ", " + layers[i] + "\n" + numbers);
    entries.push_back({{"model", models[i]->name},
                       {"layer", layers[i]},
                       {"file", file},
                       {"shape", found[i].rgb.sizes().vec()},
                       {"variance", found[i].variance},
                       {"alignment", found[i].alignment},
                       {"provenance", provenance[i].fields()}});
    if (!common.json) std::printf("%s, %s: %s\n", models[i]->name.c_str(), layers[i].c_str(), numbers);
  }
  TRY_VOID(write_png(common.output / "pca.png", compose(photo, found, captions), provenance[0].fields()));
  const json result{{"models", entries}, {"picture", "pca.png"}, {"full_color_at", kFullColor}};
  TRY_VOID(write_json(common.output / "pca.json", result));
  if (common.json) print_json(result);
  return {};
}

}  // namespace

Run make_pca(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  app.add_option("MODEL", options->models, "one or more checkpoints; the first is the reference")
      ->required()
      ->expected(1, 64);
  options->input.add_to(app);
  app.add_option("--layer", options->layers, pca_descriptor().parameters[0].help)
      ->delimiter(',')
      ->default_str("middle");
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
