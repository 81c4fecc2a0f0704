// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>

#include "app/cli/command.h"
#include "app/cli/detection_files.h"
#include "core/models/dense/detector.h"
#include "core/models/dense/test_settings.h"
#include "core/run/dense_input.h"

namespace orderscope::cli {

namespace {

/// All that `forward` and `detect` can write.
std::vector<std::string> tap_names(const Model& model) {
  std::vector<std::string> names = model.backbone->tap_names();
  if (const auto* detector = dynamic_cast<const Detector*>(model.backbone.get()))
    for (std::string& name : detector->roi_tap_names()) names.push_back(std::move(name));
  return names;
}

using nlohmann::json;

json describe(const ConvShape& conv) {
  return {{"in", conv.in}, {"out", conv.out}, {"kernel", conv.kernel}, {"bias", conv.bias}, {"norm", conv.norm}};
}

json describe(const GnModuleShape& gn) {
  json entry{{"in", gn.in}, {"dim", gn.dim}, {"out", gn.out}, {"order", gn.order}};
  if (gn.filter) {
    entry["filter"] = {gn.filter->h, gn.filter->w};
  } else {
    entry["kernel"] = gn.kernel;
  }
  return entry;
}

/// What stands on a backbone with levels.
json describe_dense(const Model& model) {
  const DenseArchitecture& dense = *model.dense;
  const DensePreprocessing& p = model.dense_preprocessing;
  json info{{"model", dense.is_known() ? json(dense.name()) : json(nullptr)},
            {"levels", model.architecture.levels},
            {"left_out", dense.left_out},
            {"preprocessing",
             {{"long_side", p.long_side},
              {"short_side", p.short_side},
              {"multiple", p.multiple},
              {"interpolation", "bilinear"},
              {"mean", p.mean},
              {"std", p.std}}}};
  if (dense.uper_head) {
    const UperHeadShape& head = *dense.uper_head;
    info["head"] = {{"type", head.gn_fusion ? "GNUPerHead" : "UPerHead"},
                    {"channels", head.channels()},
                    {"classes", head.classes},
                    {"pool_scales", head.pool_scales},
                    {"align_corners", head.align_corners},
                    {"fusion", head.gn_fusion ? describe(*head.gn_fusion) : describe(head.fusion)}};
    const SegmentationTest& test = model.segmentation_test;
    info["test"] = {{"mode", test.slide ? "slide" : "whole"},
                    {"crop", test.crop},
                    {"stride", test.stride},
                    {"source", test_source(model)}};
  }
  if (dense.neck) {
    info["neck"] = {{"type", dense.neck->gn_outputs.empty() ? "FPN" : "GNFPN"}, {"channels", dense.neck->channels()}};
    if (!dense.neck->gn_outputs.empty()) info["neck"]["outputs"] = describe(dense.neck->gn_outputs.front());
  }
  if (dense.is_detector()) {
    info["anchors"] = dense.rpn->anchors;
    info["box_heads"] = dense.box_heads.size();
    info["mask_heads"] = dense.mask_heads.size();
    info["class_agnostic"] = dense.box_heads.front().class_agnostic;
    info["test"] = to_json(detection_test(model));
    info["test"]["source"] = test_source(model);
  }
  if (!model.palette.empty()) info["palette"] = model.palette;
  return info;
}

json describe(const Model& model) {
  const Architecture& a = model.architecture;
  json filters = json::array();
  for (const auto& filter : a.filters) filters.push_back(filter ? json{filter->h, filter->w} : json(nullptr));
  const Preprocessing& p = model.preprocessing;
  json info{
      {"name", model.name},
      {"family", family_name(a)},
      {"depths", a.depths},
      {"dims", a.dims},
      {"orders", a.orders},
      {"mixers", model.mixers},
      {"classes", a.classes},
      {"parameters", model.parameters},
      {"macs", model.macs},
      {"image_size", a.image_size},
      {"preprocessing",
       {{"size", p.size},
        {"warp", p.warp},
        {"crop_pct", p.crop_pct},
        {"interpolation", "bicubic"},
        {"mean", p.mean},
        {"std", p.std}}},
      {"taps", tap_names(model)},
      {"sha256", model.sha256},
      {"container", model.container},
      {"key", model.key},
      {"naming", model.naming},
      {"warnings", model.warnings},
      {"metadata", model.metadata},
  };
  if (a.family == Family::HorNet) info["filters"] = filters;
  if (a.family == Family::Swin) info["heads"] = a.heads, info["windows"] = a.windows;
  if (a.family == Family::Plugin) info["options"] = json::parse(a.plugin_options, nullptr, false);
  if (model.dense) info["dense"] = describe_dense(model);
  if (!model.class_names.empty()) info["class_names"] = model.class_names;
  return info;
}

std::string list(const std::vector<int>& values) {
  std::string text;
  for (const int value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return text.empty() ? "none" : text;
}

std::string describe(const DetectionSettings& test) {
  char text[160];
  std::snprintf(text, sizeof text, "score above %g, NMS at %g, at most %lld boxes of %lld proposals (NMS at %g)",
                test.rcnn.score_thr, test.rcnn.iou_threshold, static_cast<long long>(test.rcnn.max_per_img),
                static_cast<long long>(test.rpn.max_per_img), test.rpn.iou_threshold);
  return text;
}

void print_table(const Model& model) {
  const Architecture& a = model.architecture;
  const auto row = [](const char* label, const std::string& value) { std::printf("%-14s %s\n", label, value.c_str()); };
  std::string mixers;
  for (const std::string& mixer : model.mixers) mixers += (mixers.empty() ? "" : ", ") + mixer;
  char numbers[64];
  row("model", model.name);
  row("family", family_name(a));
  if (model.dense) row("head", model.dense->is_known() ? model.dense->name() : "none that is known");
  row("depths", list(a.depths));
  row("dims", list(a.dims));
  row("orders", list(a.orders));
  row("mixers", mixers);
  if (a.family == Family::Swin) row("heads", list(a.heads)), row("windows", list(a.windows));
  if (!a.plugin_options.empty()) row("options", a.plugin_options);
  row("classes", std::to_string(a.classes));
  std::snprintf(numbers, sizeof numbers, "%.3f M", static_cast<double>(model.parameters) * 1e-6);
  row("parameters", numbers);
  std::snprintf(numbers, sizeof numbers, "%.3f G at %d x %d", static_cast<double>(model.macs) * 1e-9, a.image_size,
                a.image_size);
  row("multiply-adds", numbers);
  std::snprintf(numbers, sizeof numbers, "%s %d, bicubic", model.preprocessing.warp ? "warp to" : "centre crop",
                model.preprocessing.size);
  row("preprocessing", model.is_classifier() ? numbers : describe(model.dense_preprocessing));
  if (model.is_segmenter()) {
    const SegmentationTest& test = model.segmentation_test;
    row("test", test.slide
                    ? "windows of " + std::to_string(test.crop) + " every " + std::to_string(test.stride) + " pixels"
                    : "whole image");
  }
  if (model.is_detector()) row("test", describe(detection_test(model)));
  if (model.is_segmenter() || model.is_detector()) row("test set by", test_source(model));
  row("container", model.container + (model.key.empty() ? "" : ", key " + model.key) + ", " + model.naming + " names");
  row("sha256", model.sha256);
}

}  // namespace

Run make_info(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<ModelOptions>();
  options->add_to(app, Accepts::AnyModel);
  return [=, &common](const JobContext& job) -> Result<void> {
    TRY(const auto model, options->load(common, job, Accepts::AnyModel));
    const json info = describe(*model);
    if (!common.output.empty()) TRY_VOID(write_json(common.output / "info.json", info));
    if (common.json) {
      print_json(info);
    } else {
      print_table(*model);
    }
    return {};
  };
}

}  // namespace orderscope::cli
