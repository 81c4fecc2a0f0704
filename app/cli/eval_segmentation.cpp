// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/eval_segmentation.h"

#include <ATen/ATen.h>

#include <cstdio>

#include "app/cli/values_json.h"
#include "core/analysis/segment.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/image/label_image.h"
#include "core/run/dense_input.h"
#include "core/run/segmentation_report.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

std::string class_table(const SegmentationReport& report, const Model& model) {
  CsvWriter csv;
  csv.add("class").add("name").add("iou").add("accuracy").add("labelled").add("predicted").add("both").end_row();
  for (std::size_t c = 0; c < report.classes().size(); ++c) {
    const ClassPixels& pixels = report.classes()[c];
    csv.add(static_cast<std::int64_t>(c)).add(model.class_name(static_cast<int>(c)));
    csv.add(SegmentationReport::iou(pixels)).add(SegmentationReport::accuracy(pixels));
    csv.add(pixels.labelled).add(pixels.predicted).add(pixels.both).end_row();
  }
  return csv.text();
}

json to_json(const SegmentationReport& report, const Model& model) {
  json classes = json::array();
  for (std::size_t c = 0; c < report.classes().size(); ++c) {
    const ClassPixels& pixels = report.classes()[c];
    classes.push_back({{"index", c},
                       {"name", model.class_name(static_cast<int>(c))},
                       {"iou", number_or_null(SegmentationReport::iou(pixels))},
                       {"accuracy", number_or_null(SegmentationReport::accuracy(pixels))},
                       {"labelled", pixels.labelled},
                       {"predicted", pixels.predicted},
                       {"both", pixels.both}});
  }
  return {{"images", report.images()},
          {"pixels", report.pixels()},
          {"miou", number_or_null(report.mean_iou())},
          {"mean_accuracy", number_or_null(report.mean_accuracy())},
          {"pixel_accuracy", number_or_null(report.pixel_accuracy())},
          {"unknown_label_pixels", report.unknown()},
          {"classes", classes},
          {"model", model.name},
          {"model_sha256", model.sha256}};
}

/// One picture's prediction against its annotation.
Result<void> compare(const Model& model, const AnnotatedFile& file, const SegmentOptions& how, LabelRule rule,
                     SegmentationReport& report, const JobContext& job) {
  TRY(const DenseInput input, read_dense_image(file.image, model.dense_preprocessing, ExifOrientation::Apply));
  TRY(const LabelImage truth, read_label_png(file.annotation));
  if (truth.height != input.original[0] || truth.width != input.original[1])
    return fail(Error::Kind::InvalidInput,
                "is " + std::to_string(truth.width) + " x " + std::to_string(truth.height) + " where the picture is " +
                    std::to_string(input.original[1]) + " x " + std::to_string(input.original[0]),
                file.annotation.string());
  TRY(const at::Tensor logits, segment(model, input.input.images.to(at::Device(model.device)), how, job));
  TRY(const at::Tensor labels,
      labels_at(logits, input.original[0], input.original[1], job, model.dense->uper_head->align_corners));
  const at::Tensor flat = labels.to(at::kInt).contiguous();
  return report.add({flat.const_data_ptr<std::int32_t>(), static_cast<std::size_t>(flat.numel())}, truth.labels, rule);
}

}  // namespace

Result<void> evaluate_segmenter(const Model& model, const SegmentationEvalOptions& options, const CommonOptions& common,
                                const JobContext& job) {
  TRY(const AnnotatedSet set, open_annotated_folder(options.images));
  if (!set.without.empty())
    print_warning(std::to_string(set.without.size()) + " pictures have no annotation and were left out, the first is " +
                  set.without.front().string());
  SegmentOptions how;
  how.test = model.segmentation_test;
  if (!options.mode.empty()) how.test.slide = options.mode == "slide";
  LabelRule rule;
  rule.reduce_zero_label = !options.keep_zero_label;
  SegmentationReport report(model.architecture.classes);
  json left_out = json::array();
  JobContext inner = job;
  inner.report = nullptr;
  for (std::size_t i = 0; i < set.files.size(); ++i) {
    job.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(set.files.size()), "segmenting");
    const auto compared = compare(model, set.files[i], how, rule, report, inner);
    if (compared) continue;
    if (compared.error().kind == Error::Kind::Cancelled) return tl::unexpected(compared.error());
    print_warning(compared.error().message() + "; left out");
    left_out.push_back(compared.error().message());
  }
  if (report.images() == 0)
    return fail(Error::Kind::InvalidInput, "no picture could be compared with its annotation", options.images.string());
  if (report.unknown() > 0)
    print_warning(std::to_string(report.unknown()) + " pixels are labelled with classes that the model's " +
                  std::to_string(model.architecture.classes) + " do not hold; they count as wrongly predicted only");
  json result = to_json(report, model);
  result["mode"] = how.test.slide ? "slide" : "whole";
  result["left_out"] = left_out;
  if (!common.output.empty()) {
    TRY_VOID(write_json(common.output / "eval.json", result));
    TRY_VOID(write_file(common.output / "classes.csv", class_table(report, model)));
  }
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%lld images   mIoU %.2f %%   mean accuracy %.2f %%   pixel accuracy %.2f %%\n",
                static_cast<long long>(report.images()), 100 * report.mean_iou(), 100 * report.mean_accuracy(),
                100 * report.pixel_accuracy());
  }
  return {};
}

}  // namespace orderscope::cli
