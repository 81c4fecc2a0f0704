// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/detect.h"

#include <ATen/ATen.h>

#include <cstdio>

#include "app/cli/detection_files.h"
#include "app/cli/detection_input.h"
#include "app/cli/tap_files.h"
#include "core/image/png.h"
#include "core/models/dense/test_settings.h"
#include "core/run/prediction_picture.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

struct Options {
  ModelOptions model;
  DetectionInputOptions input;
  std::string taps;
  double opacity = 0.5, least_score = 0;
};

/// A COCO data set of this one picture: its annotations are the detections.
json coco_data_set(const Detections& detections, const DetectionInput& input, const Model& model) {
  const auto ids = coco_category_ids(model);
  json categories = json::array(), annotations = coco_results(detections, 1, ids);
  for (std::size_t i = 0; i < ids.size(); ++i)
    categories.push_back({{"id", ids[i]}, {"name", model.class_name(static_cast<int>(i))}});
  for (std::size_t i = 0; i < annotations.size(); ++i) {
    json& entry = annotations[i];
    const Detection& detection = detections.found[i];
    entry["id"] = i + 1;
    entry["iscrowd"] = 0;
    entry["area"] = detection.mask ? double(detection.mask->area())
                                   : entry["bbox"][2].get<double>() * entry["bbox"][3].get<double>();
    entry["label"] = detection.label;
    entry["proposal"] = detection.proposal;
    entry["rois"] = detection.rois;
  }
  const json image{{"id", 1},
                   {"file_name", input.source},
                   {"height", input.frame.original.height},
                   {"width", input.frame.original.width}};
  json set;
  set["images"] = json::array({image});
  set["categories"] = std::move(categories);
  set["annotations"] = std::move(annotations);
  return set;
}

void print_table(const Detections& detections, const Model& model) {
  if (detections.found.empty()) {
    std::printf("nothing was found: none of %d proposals scores high enough\n", detections.proposals);
    return;
  }
  for (std::size_t i = 0; i < detections.found.size(); ++i) {
    const Detection& d = detections.found[i];
    std::printf("%4zu  %.3f  %-20s  %7.1f %7.1f %7.1f %7.1f", i, double(d.score), model.class_name(d.label).c_str(),
                double(d.box[0]), double(d.box[1]), double(d.box[2]), double(d.box[3]));
    if (d.mask) std::printf("  %lld px", static_cast<long long>(d.mask->area()));
    std::printf("\n");
  }
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const auto model, options.model.load(common, job, Accepts::AnyModel));
  if (!model->is_detector())
    return fail(Error::Kind::InvalidInput, "is no detector", model->path.string(),
                "`segment` takes segmenters, `forward` anything else");
  TRY(const TapFiles taps, TapFiles::make(*model, options.taps, common.output));
  TRY(const DetectionInput input, options.input.read(*model));

  TRY(const Detections detections, detect(*model, input.input.input.images.to(at::Device(common.device)), input.frame,
                                          {input.settings, options.taps.empty() ? nullptr : &taps.taps()}, job));
  TRY_VOID(taps.status());

  const Provenance provenance = provenance_of(*model, input.input.input);
  TRY_VOID(write_detection_arrays(detections, common.output, job));
  DetectionOverlayOptions style;
  style.opacity = static_cast<float>(options.opacity);
  style.least_score = options.least_score;
  const Image overlay = draw_detections(input.input.photo, detections, class_looks(*model), style);
  TRY_VOID(write_png(common.output / "overlay.png", overlay, provenance.fields()));
  TRY_VOID(write_json(common.output / "results.json", coco_results(detections, 1, coco_category_ids(*model))));

  json result = coco_data_set(detections, input, *model);
  result["info"] = {{"model", model->dense->name()},
                    {"img_shape", {input.frame.resized.height, input.frame.resized.width}},
                    {"pad_shape", {input.input.padded[0], input.input.padded[1]}},
                    {"scale_factor", input.frame.scale()},
                    {"proposals", detections.proposals},
                    {"detections", detections.found.size()},
                    {"test", to_json(input.settings)},
                    {"test_source", options.input.config.empty() ? test_source(*model) : "--config"}};
  result["files"] = {
      {"boxes", "boxes.npy"}, {"labels", "labels.npy"}, {"overlay", "overlay.png"}, {"results", "results.json"}};
  if (detections.has_masks) result["files"]["masks"] = "masks.npy";
  result["taps"] = taps.files();
  result["provenance"] = provenance.fields();
  TRY_VOID(write_json(common.output / "detect.json", result));
  if (common.json) {
    print_json(result);
  } else {
    print_table(detections, *model);
  }
  return {};
}

}  // namespace

Run make_detect(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app);
  options->input.add_to(app);
  app.add_option("--taps", options->taps,
                 "intermediates to write: patterns as neck.fpn_convs.*,roi_head.bbox_head.*.rois, separated by commas");
  app.add_option("--opacity", options->opacity, "of the masks in the overlay")->check(CLI::Range(0.0, 1.0));
  app.add_option("--min-score", options->least_score, "of what the overlay shows; the files hold everything")
      ->check(CLI::Range(0.0, 1.0));
  require_output(app);
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
