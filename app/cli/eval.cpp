// SPDX-License-Identifier: GPL-3.0-or-later
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>

#include "app/cli/command.h"
#include "app/cli/eval_detection.h"
#include "app/cli/eval_segmentation.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/dataset/image_folder.h"
#include "core/image/chart.h"
#include "core/image/png.h"
#include "core/image/ticks.h"
#include "core/run/model_input.h"
#include "core/train/classification_report.h"

namespace orderscope::cli {

namespace {

struct Options {
  ModelOptions model;
  std::filesystem::path images;
  int batch = 32;
  SegmentationEvalOptions segmentation;
  DetectionEvalOptions detection;
};

struct LabelledSet {
  std::vector<std::filesystem::path> files;
  std::vector<int> labels;
};

/// Labels are found by the names of the class folders; where these are not the model's, by their order.
Result<LabelledSet> read_set(const Model& model, const std::filesystem::path& root) {
  TRY(const ImageFolder folder, open_image_folder(root));
  if (!folder.labelled())
    return fail(Error::Kind::InvalidInput, "has no class folders, so nothing to compare with", root.string());
  std::vector<int> places;
  for (std::size_t i = 0; i < folder.classes.size(); ++i) {
    const auto found = std::ranges::find(model.class_names, folder.classes[i]);
    if (found == model.class_names.end() && !folder.classes[i].empty()) break;
    places.push_back(folder.classes[i].empty() ? -1 : static_cast<int>(found - model.class_names.begin()));
  }
  const bool by_name = places.size() == folder.classes.size();
  if (!by_name && !model.class_names.empty()) {
    print_warning(root.string() + ": folder " + folder.classes[places.size()] +
                  " is no class of the model by name; classes are taken in the order of the folders");
  }
  LabelledSet set;
  for (const ImageFile& image : folder.images) {
    set.files.push_back(image.path);
    set.labels.push_back(by_name ? places[image.label] : image.label);
  }
  return set;
}

std::string percent(double fraction, const Interval& interval) {
  char text[80];
  std::snprintf(text, sizeof text, "%.2f %% [%.2f, %.2f]", 100 * fraction, 100 * interval.low, 100 * interval.high);
  return text;
}

std::string class_table(const ClassificationReport& report, const Model& model) {
  CsvWriter csv;
  csv.add("class").add("name").add("images").add("top1").add("top1_low").add("top1_high").add("top5").add("predicted");
  csv.add("precision").end_row();
  for (std::size_t i = 0; i < report.classes.size(); ++i) {
    const ClassAccuracy& c = report.classes[i];
    const auto ratio = [](std::int64_t a, std::int64_t b) { return b > 0 ? double(a) / double(b) : std::nan(""); };
    const Interval interval = wilson_interval(c.hits, c.images);
    csv.add(static_cast<std::int64_t>(i)).add(model.class_name(static_cast<int>(i))).add(c.images);
    csv.add(ratio(c.hits, c.images)).add(interval.low).add(interval.high).add(ratio(c.top5_hits, c.images));
    csv.add(c.predicted).add(ratio(c.hits, c.predicted)).end_row();
  }
  return csv.text();
}

std::string confusion_table(const ClassificationReport& report, const Model& model) {
  const auto classes = static_cast<int>(report.classes.size());
  CsvWriter csv;
  csv.add("label \\ predicted");
  for (int i = 0; i < classes; ++i) csv.add(model.class_name(i));
  csv.end_row();
  for (int label = 0; label < classes; ++label) {
    csv.add(model.class_name(label));
    for (int predicted = 0; predicted < classes; ++predicted)
      csv.add(report.confusion[static_cast<std::size_t>(label) * classes + predicted]);
    csv.end_row();
  }
  return csv.text();
}

std::string prediction_table(const std::vector<Prediction>& predictions, const LabelledSet& set, const Model& model) {
  CsvWriter csv;
  csv.add("image").add("label").add("predicted").add("predicted_name").add("confidence").add("label_rank");
  csv.add("loss").end_row();
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const Prediction& p = predictions[i];
    csv.add(set.files[i].string()).add(p.label).add(p.predicted).add(model.class_name(p.predicted));
    csv.add(double(p.confidence)).add(p.label_rank).add(double(p.loss)).end_row();
  }
  return csv.text();
}

/// Rows add up to 1; classes without pictures have no values.
MatrixFigure confusion_figure(const ClassificationReport& report, const Model& model) {
  const auto classes = static_cast<int>(report.classes.size());
  MatrixFigure figure;
  figure.title = "Confusion matrix";
  figure.subtitle = model.name + ", " + std::to_string(report.overall.images) + " pictures";
  figure.row_title = "label";
  figure.column_title = "predicted";
  figure.unit = "share";
  figure.scale = {Colormap::Viridis, 0, 1};
  for (int i = 0; i < classes; ++i) {
    figure.rows.push_back(model.class_name(i));
    figure.columns.push_back(model.class_name(i));
    const std::int64_t images = report.classes[i].images;
    for (int k = 0; k < classes; ++k) {
      const auto count = report.confusion[static_cast<std::size_t>(i) * classes + k];
      figure.values.push_back(images > 0 ? double(count) / double(images) : std::nan(""));
    }
  }
  return figure;
}

Chart reliability_chart(const ClassificationReport& report, const Model& model) {
  Chart chart;
  chart.title = "Reliability";
  chart.subtitle = model.name + ", expected calibration error " + format_value(report.calibration_error);
  chart.x_label = "confidence";
  chart.y_label = "accuracy";
  chart.x_range = chart.y_range = ChartRange{0, 1};
  chart.width = chart.height = 560;
  ChartLine measured{"measured", {}, {}};
  for (const ConfidenceBin& bin : report.bins) {
    if (bin.images == 0) continue;
    const auto hits = std::llround(bin.accuracy * double(bin.images));
    const Interval interval = wilson_interval(hits, bin.images);
    measured.x.push_back(bin.confidence);
    measured.y.push_back(bin.accuracy);
    measured.low.push_back(interval.low);
    measured.high.push_back(interval.high);
  }
  ChartLine ideal{"ideal", {0, 1}, {0, 1}};
  ideal.color = light_theme.muted;
  ideal.dashed = true;
  chart.lines = {measured, ideal};
  return chart;
}

nlohmann::json to_json(const ClassificationReport& report, const Model& model) {
  nlohmann::json bins = nlohmann::json::array();
  for (const ConfidenceBin& bin : report.bins)
    bins.push_back({{"low", bin.low},
                    {"high", bin.high},
                    {"images", bin.images},
                    {"confidence", bin.confidence},
                    {"accuracy", bin.accuracy}});
  return {{"images", report.overall.images},
          {"top1", report.overall.top1},
          {"top1_interval", {report.top1_interval.low, report.top1_interval.high}},
          {"top5", report.overall.top5},
          {"top5_interval", {report.top5_interval.low, report.top5_interval.high}},
          {"loss", report.overall.loss},
          {"calibration_error", report.calibration_error},
          {"brier", report.brier},
          {"bins", bins},
          {"model", model.name},
          {"model_sha256", model.sha256}};
}

/// On the first pictures of the set.
Result<void> tell_precision_error_on(const Model& model, const std::vector<std::filesystem::path>& files,
                                     nlohmann::json& result, const JobContext& job) {
  constexpr std::size_t kPictures = 8;
  if (model.precision == Precision::Float32) return {};
  std::vector<at::Tensor> images;
  for (std::size_t i = 0; i < std::min(files.size(), kPictures); ++i) {
    TRY(const ModelInput input, read_image_input(files[i], model.preprocessing, ExifOrientation::Ignore));
    images.push_back(input.images);
  }
  return tell_precision_error(model, at::cat(images), result, job);
}

Result<void> run(const Options& options, const CommonOptions& common, const JobContext& job) {
  TRY(const auto model, options.model.load(common, job, Accepts::AnyModel));
  if (options.detection.given()) return run_detection_eval(*model, options.images, options.detection, common, job);
  if (model->is_segmenter()) {
    SegmentationEvalOptions segmentation = options.segmentation;
    segmentation.images = options.images;
    return evaluate_segmenter(*model, segmentation, common, job);
  }
  if (!model->is_classifier())
    return fail(Error::Kind::InvalidInput,
                "cannot be evaluated on a folder: it is neither a classifier nor a segmenter", model->path.string(),
                model->is_detector() ? "--coco names the annotations for a detector" : "");
  TRY(const LabelledSet set, read_set(*model, options.images));
  ImageCache cache(set.files, load_preprocessed(model->preprocessing), std::int64_t{1} << 30);
  TRY_VOID(cache.fill(static_cast<int>(std::thread::hardware_concurrency()), job));
  TRY(const auto predictions, predict(*model->backbone, cache, set.labels, model->preprocessing, options.batch, job));
  const ClassificationReport report = classification_report(predictions, model->architecture.classes);

  nlohmann::json result = to_json(report, *model);
  TRY_VOID(tell_precision_error_on(*model, set.files, result, job));
  if (!common.output.empty()) {
    const std::filesystem::path& folder = common.output;
    TRY_VOID(write_json(folder / "eval.json", result));
    TRY_VOID(write_file(folder / "classes.csv", class_table(report, *model)));
    TRY_VOID(write_file(folder / "confusion.csv", confusion_table(report, *model)));
    TRY_VOID(write_file(folder / "predictions.csv", prediction_table(predictions, set, *model)));
    const PngText provenance{{"model_sha256", model->sha256}};
    if (model->architecture.classes <= 200) {  // beyond, no cell could be told from the next
      TRY(const Image confusion, draw_matrix(confusion_figure(report, *model)));
      TRY_VOID(write_png(folder / "confusion.png", confusion, provenance));
    }
    TRY(const Image reliability, draw_chart(reliability_chart(report, *model)));
    TRY_VOID(write_png(folder / "reliability.png", reliability, provenance));
  }
  if (common.json) {
    print_json(result);
  } else {
    std::printf(
        "%lld images   top-1 %s   top-5 %s   cross entropy %.4f   calibration error %.4f\n",
        static_cast<long long>(report.overall.images), percent(report.overall.top1, report.top1_interval).c_str(),
        percent(report.overall.top5, report.top5_interval).c_str(), report.overall.loss, report.calibration_error);
  }
  return {};
}

}  // namespace

Run make_eval(CLI::App& app, CommonOptions& common) {
  const auto options = std::make_shared<Options>();
  options->model.add_to(app, Accepts::AnyModel);
  options->model.add_precision_to(app);
  app.add_option(
         "--images", options->images,
         "a folder with a folder a class, named or ordered as the model's classes; of a segmenter with images/ and "
         "annotations/ (PNG, 0 unlabelled, class c as c + 1)")
      ->required();
  options->detection.add_to(app);
  app.add_option("--batch", options->batch, "pictures at a time")->check(CLI::Range(1, 4096))->capture_default_str();
  app.add_option("--mode", options->segmentation.mode,
                 "of a segmenter: whole or slide; the official test's unless given")
      ->check(CLI::IsMember({"whole", "slide"}));
  app.add_flag("--keep-zero-label", options->segmentation.keep_zero_label,
               "of a segmenter: annotations hold class c as c, from 0 on");
  return [=, &common](const JobContext& job) { return run(*options, common, job); };
}

}  // namespace orderscope::cli
