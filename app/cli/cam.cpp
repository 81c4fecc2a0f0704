// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "app/cli/map_files.h"
#include "core/analysis/grad_cam.h"
#include "core/image/plate.h"
#include "core/image/png.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"

namespace orderscope::cli {

namespace {

struct Options {
  ModelOptions model;
  InputOptions input;
  MethodOptions method;
  std::string method_id = grad_cam_descriptor().id;
};

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const auto model, options.model.load(common, job));
  const std::string layer = options.method.values.at("layer");
  const auto taps = model->backbone->tap_names();
  if (std::find(taps.begin(), taps.end(), layer) == taps.end())
    return fail(Error::Kind::InvalidInput, "the model has no such layer", "--layer " + layer,
                "`info --json` lists the taps");
  TRY(const ModelInput input, options.input.read_one(*model));

  TRY(Trace trace,
      Trace::forward(model->backbone, input.images.to(at::Device(common.device)), {grad_cam_probe(layer)}, {}, job));
  TRY(const int class_index, choose_class(options.method, *model, trace.logits()));
  TRY_VOID(trace.backward({class_index}, job));
  TRY(Map map, grad_cam(trace, 0, layer));
  map.provenance.parameters["class"] = std::to_string(class_index);
  complete_provenance(map, provenance_of(*model, input));

  TRY(nlohmann::json entry, write_map(map, common.output, "cam"));
  const Range range = range_of(map);
  if (range.low == range.high) print_warning("the map at " + layer + " is uniform: nothing to see at this layer");
  TRY(const Image figure, draw_overlay_with_bar(input.picture, map, scale_for(map)));
  TRY_VOID(write_png(common.output / "cam.png", figure, map.provenance.fields()));
  const nlohmann::json result{{"method", options.method_id},
                              {"class", {{"index", class_index}, {"name", model->class_name(class_index)}}},
                              {"top5", top_five(*model, trace.logits())[0]},
                              {"map", entry},
                              {"picture", "cam.png"},
                              {"provenance", map.provenance.fields()}};
  TRY_VOID(write_json(common.output / "cam.json", result));
  if (common.json) {
    print_json(result);
  } else {
    std::printf("Grad-CAM of %s at %s, %d x %d, written to %s\n", model->class_name(class_index).c_str(), layer.c_str(),
                map.height, map.width, common.output.c_str());
  }
  return {};
}

}  // namespace

Run make_cam(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app);
  options->input.add_to(app);
  app.add_option("--method", options->method_id, "which map")
      ->check(CLI::IsMember({grad_cam_descriptor().id}))
      ->capture_default_str();
  options->method.add_to(app, grad_cam_descriptor());
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
