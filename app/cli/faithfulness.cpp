// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/faithfulness.h"

#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "app/cli/map_files.h"
#include "app/cli/map_methods.h"
#include "core/analysis/randomisation_check.h"
#include "core/image/chart.h"
#include "core/image/plate.h"
#include "core/image/png.h"

namespace orderscope::cli {

namespace {

struct Options {
  SubjectOptions subject;
  MapMethodOptions method;
  std::vector<int> box;
};

/// The one map to be judged, with the class it explains.
struct Judged {
  Map map;
  int class_index = 0;
  std::vector<std::string> warnings;
};

Result<Judged> make_map(const Subject& subject, const MethodRequest& request, std::optional<int> class_index,
                        const JobContext& job) {
  TRY(MethodsOutcome outcome, run_methods(subject, {&request, 1}, class_index, job));
  if (!outcome.results[0]) return tl::unexpected(outcome.results[0].error());
  MethodResult& found = *outcome.results[0];
  if (found.maps.size() != 1) {
    return fail(Error::Kind::InvalidInput, "gives " + std::to_string(found.maps.size()) + " maps",
                request.method->descriptor.title, "faithfulness judges one: name one layer, or another method");
  }
  return Judged{std::move(found.maps[0].map), outcome.class_index, std::move(found.warnings)};
}

nlohmann::json to_json(const Curve& curve) {
  return {{"name", curve.name}, {"x_label", curve.x_label}, {"y_label", curve.y_label}, {"x", curve.x}, {"y", curve.y}};
}

/// FOLDER/NAME.png of curves that share their axes.
Result<void> write_chart(const std::vector<Curve>& curves, const std::string& title, const std::string& subtitle,
                         ChartRange range, const std::filesystem::path& path, const PngText& provenance) {
  Chart chart;
  chart.title = title;
  chart.subtitle = subtitle;
  chart.x_label = curves.front().x_label;
  chart.y_label = curves.front().y_label;
  chart.y_range = range;
  for (const Curve& curve : curves) chart.lines.push_back({curve.name, curve.x, curve.y});
  TRY(const Image figure, draw_chart(chart));
  return write_png(path, figure, provenance);
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  const Method& method = options.method.method();
  const MethodDescriptor& descriptor = faithfulness_descriptor();
  TRY(const MethodValues map_values, options.method.values(&descriptor));
  TRY(const MethodValues values, options.method.parameters.for_method(descriptor));
  FaithfulnessSettings settings = FaithfulnessSettings::of(values);
  if (!options.box.empty()) settings.box = PixelBox{options.box[0], options.box[1], options.box[2], options.box[3]};

  TRY(const LoadedSubject loaded, options.subject.load(common, job));
  const Subject subject = loaded.subject(common);
  const MethodRequest request{&method, map_values};
  TRY(Judged judged, make_map(subject, request, options.method.parameters.integer("class"), job));
  TRY(MethodResult found, faithfulness(subject, judged.map, judged.class_index, settings, job));
  MethodResult check;
  const std::string& randomise = values.text("randomise");
  if (randomise != "no") {
    const auto step = randomise == "blocks" ? RandomisationStep::Blocks : RandomisationStep::Stages;
    TRY(check, randomisation_check(subject, request, judged.class_index, step, settings.seed, job));
  }
  found.warnings.insert(found.warnings.begin(), judged.warnings.begin(), judged.warnings.end());
  found.numbers.insert(found.numbers.end(), check.numbers.begin(), check.numbers.end());
  for (const std::string& warning : found.warnings) print_warning(warning);

  complete_provenance(judged.map, loaded.provenance());
  auto provenance = judged.map.provenance.fields();
  for (const auto& [name, text] : values.all()) provenance["faithfulness." + name] = text;
  const std::filesystem::path& folder = common.output;
  TRY(nlohmann::json map, write_map(judged.map, folder, "cam"));
  TRY(const Image figure, draw_overlay_with_bar(loaded.input.picture, judged.map, scale_for(judged.map)));
  TRY_VOID(write_png(folder / "cam.png", figure, provenance));
  const std::string of = method.descriptor.title + " at " + judged.map.provenance.layer + ", " +
                         loaded.model->class_name(judged.class_index) + ", " + loaded.model->name;
  TRY_VOID(write_chart(found.curves, "Faithfulness", of, {0, 1}, folder / "faithfulness.png", provenance));
  if (!check.curves.empty()) {
    TRY_VOID(write_chart(check.curves, "Weights shuffled from the head down", of, {-1, 1}, folder / "randomisation.png",
                         provenance));
    found.curves.insert(found.curves.end(), check.curves.begin(), check.curves.end());
  }

  nlohmann::json curves = nlohmann::json::array();
  for (const Curve& curve : found.curves) curves.push_back(to_json(curve));
  const nlohmann::json result{
      {"method", method.descriptor.id},
      {"class", {{"index", judged.class_index}, {"name", loaded.model->class_name(judged.class_index)}}},
      {"map", map},
      {"numbers", cli::to_json(found.numbers)},
      {"curves", curves},
      {"pictures", check.curves.empty() ? nlohmann::json{"cam.png", "faithfulness.png"}
                                        : nlohmann::json{"cam.png", "faithfulness.png", "randomisation.png"}},
      {"warnings", found.warnings},
      {"provenance", provenance}};
  TRY_VOID(write_json(folder / "faithfulness.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%s\n", of.c_str());
    for (const Number& number : found.numbers)
      std::printf("%-26s %10.4g %s\n", number.name.c_str(), number.value, number.unit.c_str());
  }
  return {};
}

}  // namespace

Run make_faithfulness(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->subject.add_to(app);
  options->method.add_to(app);
  options->method.parameters.add_to(app, faithfulness_descriptor());
  app.add_option("--box", options->box,
                 "X,Y,WIDTH,HEIGHT in pixels of the image as the model sees it: does the map point into it")
      ->delimiter(',')
      ->expected(4);
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
