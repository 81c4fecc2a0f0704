// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/target.h"

#include <ATen/ATen.h>

#include <cstdio>

#include "core/checkpoint/npy.h"
#include "core/models/backbone.h"
#include "core/models/dense/test_settings.h"

namespace orderscope::cli {

namespace {

std::optional<std::array<std::int64_t, 4>> parse_box(const std::string& text) {
  std::array<long long, 4> v{};
  char rest = 0;
  if (std::sscanf(text.c_str(), "%9lld,%9lld,%9lld,%9lld%c", &v[0], &v[1], &v[2], &v[3], &rest) != 4) return {};
  return std::array<std::int64_t, 4>{v[0], v[1], v[2], v[3]};
}

}  // namespace

void TargetOptions::add_to(CLI::App& app, InputOptions* array) {
  CLI::Option_group* group =
      app.add_option_group("target", "what of a segmenter's or detector's prediction is explained");
  group
      ->add_option("--region", region,
                   "x,y,width,height in pixels of the photo: the score is the sum of the class' logits there")
      ->check([](const std::string& text) {
        return parse_box(text) ? std::string() : "a region is x,y,width,height, not " + text;
      });
  group->add_option("--class-region", class_region, "all pixels that are predicted as this class")
      ->check(CLI::NonNegativeNumber);
  group->add_option("--mask", mask, "a .npy array of the photo's or the input's size that is not 0 inside the region");
  CLI::Option* box_option =
      group
          ->add_option("--box", box, "a detector's box, numbered from 0 as `detect` lists them: its class' probability")
          ->check(CLI::NonNegativeNumber);
  group->require_option(0, 1);
  app.add_option("--config", config,
                 "JSON with the detector's finest_scale, rpn and rcnn, if not those of its own test")
      ->needs(box_option);
  if (!array) return;
  const auto add_size = [&](const char* name, std::array<std::int64_t, 2>& size, const char* help) {
    app.add_option_function<std::vector<std::int64_t>>(
           name,
           [&size](const std::vector<std::int64_t>& given) {
             size = {given.at(0), given.at(1)};
           },
           help)
        ->delimiter(',')
        ->expected(2)
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{65536}))
        ->needs("--input");
  };
  add_size("--img-shape", array->content,
           "of an array for a detector: height,width of the picture without its padding");
  add_size("--original-size", array->original,
           "of an array: height,width of the photo that regions and boxes refer to");
}

Result<RegionRequest> TargetOptions::request(std::array<std::int64_t, 2> photo) const {
  RegionRequest request;
  request.photo = photo;
  if (!region.empty()) request.box = parse_box(region);
  request.class_region = class_region;
  if (!mask.empty()) {
    TRY(request.mask, read_npy(mask));
    if (request.mask.dim() == 3 && request.mask.size(0) == 1) request.mask = request.mask[0];
    if (request.mask.dim() != 2)
      return fail(Error::Kind::InvalidInput, "a mask has rows and columns and nothing else", mask.string());
  }
  return request;
}

Result<std::optional<TargetOptions::ChosenBox>> TargetOptions::find_box(const Model& model, const at::Tensor& image,
                                                                        const DetectionFrame& frame,
                                                                        const JobContext& job) const {
  if (!box) return std::nullopt;
  if (!model.is_detector()) return fail(Error::Kind::InvalidInput, "has no boxes: it is no detector", model.name);
  DetectOptions options;
  options.masks = false;
  DetectionSettings settings = detection_test(model);
  if (!config.empty()) {
    TRY(settings, read_detection_settings(config, settings));
  }
  options.settings = settings;
  TRY(Detections detections, detect(model, image.to(at::Device(model.device)), frame, options, job));
  const auto count = detections.found.size();
  if (static_cast<std::size_t>(*box) >= count)
    return fail(Error::Kind::InvalidInput, "there is no such box", "--box " + std::to_string(*box),
                count == 0 ? "nothing is detected in this picture" : "boxes are 0 to " + std::to_string(count - 1));
  return ChosenBox{std::move(detections.found[static_cast<std::size_t>(*box)]), settings};
}

Result<TargetChooser> TargetOptions::chooser(const LoadedSubject& loaded,
                                             const std::optional<ChosenBox>& chosen) const {
  const Model& model = *loaded.model;
  if (model.is_segmenter()) {
    TRY(RegionRequest region_request, request(loaded.photo));
    return region_target(std::move(region_request));
  }
  if (chosen) {
    TRY(const Target target, box_target(loaded.model, chosen->detection, chosen->settings));
    return [target](const Trace&, std::optional<int> asked) -> Result<Target> {
      if (asked && *asked != target.class_index)
        return fail(Error::Kind::InvalidInput, "the box is of another class", "class " + std::to_string(*asked),
                    "it is " + std::to_string(target.class_index) + "; leave --class out");
      return target;
    };
  }
  if (model.is_detector() && !given())
    return fail(Error::Kind::InvalidInput, "finds boxes, and which one is to be explained was not said", model.name,
                "--box N takes one that `detect` lists");
  if (given())
    return fail(Error::Kind::InvalidInput, "has no regions: it is no segmenter", model.name,
                model.is_classifier() ? "--class names what a classifier is asked for"
                : model.is_detector() ? "--box names what a detector is asked for"
                                      : "");
  if (!model.backbone->has_logits())
    return fail(Error::Kind::InvalidInput, "has no head, so there is no score to explain", model.name,
                "`forward --taps` writes its activations");
  return TargetChooser();
}

Result<MethodValues> with_layers_of_box(const MethodDescriptor& method, const MethodValues& values, const Model& model,
                                        const std::optional<TargetOptions::ChosenBox>& box) {
  std::map<std::string, std::string> all = values.all();
  const auto layer = all.find("layer");
  if (!box || layer == all.end() || layer->second != "last") return values;
  TRY(const auto levels, levels_read(model, box->detection, box->settings));
  layer->second.clear();
  for (const std::string& level : levels) layer->second += (layer->second.empty() ? "" : ",") + level;
  return check_values(method, all);
}

}  // namespace orderscope::cli
