// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/interactions.h"

#include <algorithm>
#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/values_json.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/base/version.h"
#include "core/dataset/image_folder.h"
#include "core/image/chart.h"
#include "core/image/png.h"
#include "core/run/interaction_run.h"

namespace orderscope::cli {

namespace {

struct Options {
  ModelOptions model;
  MethodOptions method;
  std::filesystem::path images;
  ExifOrientation exif = ExifOrientation::Apply;
  int size = 0, limit = 50;
  std::vector<double> ratios = InteractionOptions().ratios;
};

Result<InteractionSettings> settings_of(const Options& options, const std::filesystem::path& folder) {
  TRY(const MethodValues values, options.method.for_method(interactions_descriptor()));
  InteractionSettings settings;
  settings.grid = static_cast<int>(values.integer("grid"));
  settings.distance = static_cast<int>(values.integer("distance"));
  settings.baseline = values.text("baseline");
  settings.class_index = options.method.integer("class");
  settings.exif = options.exif;
  if (options.size > 0) settings.size = options.size;
  settings.options.ratios = options.ratios;
  settings.options.pairs = values.integer("pairs");
  settings.options.contexts = values.integer("contexts");
  settings.options.budget = values.integer("budget");
  settings.options.seed = static_cast<std::uint64_t>(values.integer("seed"));
  settings.log = folder / "interactions.log";
  return settings;
}

Result<Image> draw(const InteractionCurve& curve, const std::string& subtitle) {
  Chart chart;
  chart.title = "Multi-order interactions";
  chart.subtitle = subtitle;
  chart.x_label = "order m / (n - 2)";
  chart.y_label = "J(m)";
  ChartLine line{"J(m)", curve.ratios, curve.relative, curve.low, curve.high};
  std::vector<std::size_t> order(line.x.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return curve.ratios[a] < curve.ratios[b]; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    line.x[i] = curve.ratios[order[i]];
    line.y[i] = curve.relative[order[i]];
    line.low[i] = curve.low[order[i]];
    line.high[i] = curve.high[order[i]];
  }
  chart.lines.push_back(std::move(line));
  return draw_chart(chart);
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const InteractionSettings settings, settings_of(options, common.output));
  TRY(const auto model, options.model.load(common, job));
  const std::filesystem::path given[] = {options.images};
  TRY(const ImageFolder folder, list_images(given));
  std::vector<std::filesystem::path> files;
  for (const ImageFile& image : folder.images)
    if (std::ssize(files) < options.limit) files.push_back(image.path);
  if (folder.images.size() > files.size())
    print_warning("only the first " + std::to_string(files.size()) + " of " + std::to_string(folder.images.size()) +
                  " images are used; --limit takes more");

  TRY(const InteractionRun found, run_interactions(model, files, settings, job));
  for (const std::string& skipped : found.skipped) print_warning("left out: " + skipped);
  const InteractionCurve& curve = found.curve;
  if (curve.pairs_left > 0)
    print_warning("the budget sufficed for " + std::to_string(curve.pairs) + " of " +
                  std::to_string(curve.pairs + curve.pairs_left) + " pairs");

  CsvWriter csv;
  for (const char* column : {"ratio", "order", "strength", "j", "low", "high"}) csv.add(column);
  csv.end_row();
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t k = 0; k < curve.orders.size(); ++k) {
    csv.add(curve.ratios[k])
        .add(curve.orders[k])
        .add(curve.strength[k])
        .add(curve.relative[k])
        .add(curve.low[k])
        .add(curve.high[k])
        .end_row();
    rows.push_back({{"ratio", curve.ratios[k]},
                    {"order", curve.orders[k]},
                    {"strength", curve.strength[k]},
                    {"j", curve.relative[k]},
                    {"low", curve.low[k]},
                    {"high", curve.high[k]}});
  }
  TRY_VOID(write_file(common.output / "interactions.csv", std::string_view(csv.text())));
  nlohmann::json images = nlohmann::json::array();
  for (const InteractionImage& image : found.images)
    images.push_back({{"file", image.file},
                      {"sha256", image.sha256},
                      {"class", {{"index", image.class_index}, {"name", model->class_name(image.class_index)}}},
                      {"log_odds", image.log_odds}});
  const std::string subtitle = model->name + ", " + std::to_string(curve.games) + " images, " +
                               std::to_string(curve.pairs) + " pairs, 95 % interval over pairs";
  TRY(const Image figure, draw(curve, subtitle));
  TRY_VOID(write_png(common.output / "interactions.png", figure,
                     {{"program", version_text()}, {"model_sha256", model->sha256}, {"method", "interactions"}}));
  const nlohmann::json result{{"curve", rows},
                              {"value", "log p / (1 - p) of the class"},
                              {"players", settings.grid * settings.grid},
                              {"grid", settings.grid},
                              {"baseline", settings.baseline},
                              {"distance", settings.distance},
                              {"contexts", settings.options.contexts},
                              {"seed", settings.options.seed},
                              {"confidence", settings.options.confidence},
                              {"pairs", curve.pairs},
                              {"forwards", curve.forwards},
                              {"budget", settings.options.budget},
                              {"known_before", found.known},
                              {"images", images},
                              {"skipped", found.skipped},
                              {"csv", "interactions.csv"},
                              {"picture", "interactions.png"},
                              {"model_sha256", model->sha256},
                              {"program", version_text()}};
  TRY_VOID(write_json(common.output / "interactions.json", result));
  if (common.json) {
    print_json(result);
    return {};
  }
  std::printf("%6s  %5s  %8s   95 %% interval\n", "ratio", "m", "J(m)");
  for (std::size_t k = 0; k < curve.orders.size(); ++k)
    std::printf("%6.2f  %5d  %8.4f   %.4f to %.4f\n", curve.ratios[k], curve.orders[k], curve.relative[k], curve.low[k],
                curve.high[k]);
  return {};
}

}  // namespace

Run make_interactions(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app);
  app.add_option("--images", options->images, "a picture, or a folder of them")->required();
  app.add_option("--limit", options->limit, "images at most")->check(CLI::Range(1, 1000000))->capture_default_str();
  app.add_option("--ratios", options->ratios, "orders as parts of n - 2 players, separated by commas")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--size", options->size, "side of the model's input in pixels, if not its own")
      ->check(CLI::Range(1, 16384));
  add_exif_option(app, options->exif);
  options->method.add_to(app, interactions_descriptor());
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
