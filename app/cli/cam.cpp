// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "app/cli/map_files.h"
#include "core/analysis/method.h"
#include "core/image/plate.h"
#include "core/image/png.h"

namespace orderscope::cli {

namespace {

struct Options {
  SubjectOptions subject;
  MethodOptions method;
  std::string method_id = "gradcam";
  std::string colormap;  ///< "": what suits the map
};

bool yields_maps(const Method& method) { return method.descriptor.yields.starts_with("map"); }

std::vector<std::string> map_methods() {
  std::vector<std::string> ids;
  for (const Method* method : all_methods())
    if (yields_maps(*method)) ids.push_back(method->descriptor.id);
  return ids;
}

nlohmann::json to_json(const std::vector<Number>& numbers) {
  nlohmann::json json = nlohmann::json::object();
  for (const Number& number : numbers) json[number.name] = number.value;
  return json;
}

ColorScale scale_of(const Options& options, const Map& map) {
  const ColorScale usual = scale_for(map);
  return options.colormap.empty() ? usual : with_colormap(usual, *colormap_named(options.colormap));
}

std::vector<std::string> colormap_names() {
  std::vector<std::string> names;
  for (const Colormap map : all_colormaps()) names.emplace_back(name_of(map));
  return names;
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  const Method& method = *find_method(options.method_id);
  TRY(const MethodValues values, options.method.for_method(method.descriptor));
  TRY(const LoadedSubject loaded, options.subject.load(common, job));
  const std::vector<MethodRequest> requests{{&method, values}};
  TRY(const MethodsOutcome outcome,
      run_methods(loaded.subject(common), requests, options.method.integer("class"), job));
  if (!outcome.results[0]) return tl::unexpected(outcome.results[0].error());
  const MethodResult& found = *outcome.results[0];
  for (const std::string& warning : found.warnings) print_warning(warning);

  // One layer, the common case, has the plain names; several carry theirs.
  nlohmann::json maps = nlohmann::json::array();
  for (const NamedMap& named : found.maps) {
    Map map = named.map;
    complete_provenance(map, loaded.provenance());
    const std::string name = found.maps.size() == 1 ? "cam" : "cam." + named.name;
    TRY(nlohmann::json entry, write_map(map, common.output, name));
    TRY(const Image figure, draw_overlay_with_bar(loaded.input.picture, map, scale_of(options, map)));
    TRY_VOID(write_png(common.output / (name + ".png"), figure, map.provenance.fields()));
    entry["picture"] = name + ".png";
    entry["provenance"] = map.provenance.fields();
    maps.push_back(std::move(entry));
  }
  const Model& model = *loaded.model;
  nlohmann::json result{{"method", method.descriptor.id},
                        {"class", {{"index", outcome.class_index}, {"name", model.class_name(outcome.class_index)}}},
                        {"top5", top_five(model, outcome.logits)[0]},
                        {"maps", maps},
                        {"numbers", to_json(found.numbers)},
                        {"warnings", found.warnings}};
  if (maps.size() == 1) {
    result["map"] = maps[0];
    result["picture"] = maps[0]["picture"];
    result["provenance"] = maps[0]["provenance"];
  }
  TRY_VOID(write_json(common.output / "cam.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%s of %s, %zu %s, written to %s\n", method.descriptor.title.c_str(),
                model.class_name(outcome.class_index).c_str(), maps.size(), maps.size() == 1 ? "map" : "maps",
                common.output.c_str());
  }
  return {};
}

}  // namespace

Run make_cam(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->subject.add_to(app);
  app.add_option("--method", options->method_id, "which map; `methods` tells more")
      ->check(CLI::IsMember(map_methods()))
      ->capture_default_str();
  for (const Method* method : all_methods())
    if (yields_maps(*method)) options->method.add_to(app, method->descriptor);
  app.add_option("--colormap", options->colormap, "of the picture; otherwise what suits the map")
      ->check(CLI::IsMember(colormap_names()));
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
