// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <cstdio>
#include <set>
#include <span>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "app/cli/map_files.h"
#include "app/cli/map_methods.h"
#include "app/cli/target.h"
#include "core/analysis/library_scaling.h"
#include "core/analysis/method.h"
#include "core/analysis/several_classes.h"
#include "core/checkpoint/npy.h"
#include "core/image/plate.h"
#include "core/image/png.h"

namespace orderscope::cli {

namespace {

enum class Scaling { Raw, Library };

struct Options {
  SubjectOptions subject;
  TargetOptions target;
  MapMethodOptions method;
  std::vector<int> classes;
  Scaling scaling = Scaling::Raw;
  bool mean_over_layers = false;
  std::string colormap;  ///< "": what suits the map
};

/// FOLDER/NAME.final.npy [H, W]: the maps as pytorch-grad-cam hands them out.
Result<std::string> write_library_map(std::span<const Map* const> maps, const LoadedSubject& loaded,
                                      const std::filesystem::path& folder, const std::string& name) {
  const at::Tensor& images = loaded.input.images;
  const std::string file = name + ".final.npy";
  const auto height = static_cast<int>(images.size(2)), width = static_cast<int>(images.size(3));
  // Seg-Grad-CAM enlarges before it cuts off what is negative; one layer at a time.
  const bool dense = !loaded.model->is_classifier() && maps.size() == 1;
  TRY_VOID(write_npy(folder / file,
                     dense ? seg_grad_cam_scaling(*maps[0], height, width) : library_scaling(maps, height, width)));
  return file;
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

/// Writes the maps of one class; gives its part of the JSON. `suffix` tells the files of several classes apart.
Result<nlohmann::json> write_class(const MethodsOutcome& outcome, const Options& options, const LoadedSubject& loaded,
                                   const std::filesystem::path& folder, const std::string& suffix) {
  const MethodResult& found = *outcome.results[0];
  nlohmann::json maps = nlohmann::json::array();
  std::vector<const Map*> raw;
  for (const NamedMap& named : found.maps) {
    raw.push_back(&named.map);
    Map map = named.map;
    complete_provenance(map, loaded.provenance());
    // One layer, the common case, has the plain names; several carry theirs.
    const std::string name = (found.maps.size() == 1 ? "cam" : "cam." + named.name) + suffix;
    TRY(nlohmann::json entry, write_map(map, folder, name));
    entry["name"] = named.name;
    if (options.scaling == Scaling::Library) {
      TRY(entry["library"], write_library_map({&raw.back(), 1}, loaded, folder, name));
    }
    TRY(const Image figure, draw_overlay_with_bar(loaded.input.picture, map, scale_of(options, map)));
    TRY_VOID(write_png(folder / (name + ".png"), figure, map.provenance.fields()));
    entry["picture"] = name + ".png";
    entry["provenance"] = map.provenance.fields();
    maps.push_back(std::move(entry));
  }
  const Model& model = *loaded.model;
  nlohmann::json part{{"class", {{"index", outcome.class_index}, {"name", model.class_name(outcome.class_index)}}},
                      {"target", outcome.target},
                      {"maps", maps},
                      {"numbers", to_json(found.numbers)},
                      {"warnings", found.warnings}};
  if (options.mean_over_layers) {
    TRY(part["library_mean"], write_library_map(raw, loaded, folder, "cam.mean" + suffix));
  }
  if (maps.size() == 1) {
    part["map"] = maps[0];
    part["picture"] = maps[0]["picture"];
    part["provenance"] = maps[0]["provenance"];
  }
  return part;
}

std::vector<std::optional<int>> classes_of(const Options& options) {
  if (options.classes.empty()) return {options.method.parameters.integer("class")};
  return {options.classes.begin(), options.classes.end()};
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  const Method& method = options.method.method();
  TRY(MethodValues values, options.method.values());
  TRY(const LoadedSubject loaded, options.subject.load(common, job, Accepts::AnyModel));
  Subject subject = loaded.subject(common);
  TRY(const auto box, options.target.find_box(loaded, job));
  TRY(subject.target, options.target.chooser(loaded, box));
  TRY(values, with_layers_of_box(method.descriptor, values, *loaded.model, box));
  const std::vector<MethodRequest> requests{{&method, values}};
  TRY(const std::vector<MethodsOutcome> outcomes, run_methods_for_classes(subject, requests, classes_of(options), job));

  nlohmann::json parts = nlohmann::json::array();
  std::set<std::string> told;
  for (const MethodsOutcome& outcome : outcomes) {
    if (!outcome.results[0]) return tl::unexpected(outcome.results[0].error());
    for (const std::string& warning : outcome.results[0]->warnings)
      if (told.insert(warning).second) print_warning(warning);
    const std::string suffix = outcomes.size() == 1 ? "" : ".class" + std::to_string(outcome.class_index);
    TRY(nlohmann::json part, write_class(outcome, options, loaded, common.output, suffix));
    parts.push_back(std::move(part));
  }
  const Model& model = *loaded.model;
  nlohmann::json result = parts.size() == 1 ? parts[0] : nlohmann::json{{"classes", parts}};
  result["method"] = method.descriptor.id;
  TRY_VOID(tell_precision_error(model, loaded.input.images, result, job));
  result["top5"] = top_five(model, outcomes[0].logits)[0];
  TRY_VOID(write_json(common.output / "cam.json", result));
  if (common.json) {
    print_json(result);
  } else {
    const std::size_t count = outcomes.size() * outcomes[0].results[0]->maps.size();
    std::printf("%s of %s, %zu %s, written to %s\n", method.descriptor.title.c_str(),
                outcomes.size() == 1 ? model.class_name(outcomes[0].class_index).c_str()
                                     : (std::to_string(outcomes.size()) + " classes").c_str(),
                count, count == 1 ? "map" : "maps", common.output.c_str());
  }
  return {};
}

}  // namespace

Run make_cam(CLI::App& app, CommonOptions& common) {
  static const std::map<std::string, Scaling> scalings{{"raw", Scaling::Raw}, {"library", Scaling::Library}};
  const auto options = std::make_shared<Options>();
  options->subject.add_to(app, Accepts::AnyModel);
  options->subject.model.add_precision_to(app);
  options->target.add_to(app, &options->subject.input);
  options->method.add_to(app);
  app.add_option("--colormap", options->colormap, "of the picture; otherwise what suits the map")
      ->check(CLI::IsMember(colormap_names()));
  app.add_option("--classes", options->classes, "several classes from one forward pass: 1,5,9")
      ->delimiter(',')
      ->check(CLI::NonNegativeNumber)
      ->excludes("--class");
  app.add_option("--scaling", options->scaling,
                 "library: also write the maps as pytorch-grad-cam scales and enlarges them (a segmenter's as "
                 "Seg-Grad-CAM does), NAME.final.npy")
      ->transform(CLI::CheckedTransformer(scalings))
      ->default_str("raw");
  app.add_flag("--mean-over-layers", options->mean_over_layers,
               "also write the mean of the layers' scaled maps, as pytorch-grad-cam does, cam.mean.final.npy");
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
