// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/eval_detection.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "app/cli/detection_files.h"
#include "core/analysis/coco_ap.h"
#include "core/analysis/detect.h"
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/base/path_scope.h"
#include "core/dataset/coco.h"
#include "core/models/dense/test_settings.h"
#include "core/run/dense_input.h"

namespace orderscope::cli {

namespace {

using nlohmann::json;

/// For each label the category that it stands for; -1: none.
struct ClassMatch {
  std::vector<std::int64_t> category_of_label;
  std::vector<std::int64_t> categories;  ///< those that are evaluated
};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 5; ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > 5 ? text + " and " + std::to_string(names.size() - 5) + " more" : text;
}

/// By names; where the model has none, or none fits, by order if there are as many.
Result<ClassMatch> match_classes(const Model& model, const CocoSet& set, const std::string& subject) {
  ClassMatch match;
  std::vector<std::string> strangers;
  for (int label = 0; label < model.architecture.classes; ++label) {
    const auto found = std::ranges::find(set.categories, model.class_name(label), &CocoCategory::name);
    match.category_of_label.push_back(found == set.categories.end() ? -1 : found->id);
    if (found == set.categories.end())
      strangers.push_back(model.class_name(label));
    else
      match.categories.push_back(found->id);
  }
  if (match.categories.empty()) {
    if (set.categories.size() != match.category_of_label.size())
      return fail(Error::Kind::InvalidInput,
                  "none of its " + std::to_string(set.categories.size()) +
                      " categories is a class of the model, which has " +
                      std::to_string(match.category_of_label.size()),
                  subject);
    print_warning(subject + ": its categories are not named as the model's classes; they are taken in their order");
    for (std::size_t i = 0; i < set.categories.size(); ++i) {
      match.category_of_label[i] = set.categories[i].id;
      match.categories.push_back(set.categories[i].id);
    }
    return match;
  }
  if (!strangers.empty())
    print_warning(subject + ": has no category for the classes " + listed(strangers) +
                  "; what is found of them is left out");
  std::vector<std::string> unknown;
  for (const CocoCategory& category : set.categories)
    if (std::ranges::find(match.categories, category.id) == match.categories.end()) unknown.push_back(category.name);
  if (!unknown.empty()) print_warning(subject + ": the model knows no " + listed(unknown) + "; they are left out");
  return match;
}

json to_json(const AveragePrecision& p) {
  const auto value = [](double v) { return v < 0 ? json(nullptr) : json(v); };
  return {{"AP", value(p.ap)},        {"AP50", value(p.ap50)},     {"AP75", value(p.ap75)},
          {"APs", value(p.ap_small)}, {"APm", value(p.ap_medium)}, {"APl", value(p.ap_large)},
          {"AR1", value(p.ar1)},      {"AR10", value(p.ar10)},     {"AR100", value(p.ar100)},
          {"ARs", value(p.ar_small)}, {"ARm", value(p.ar_medium)}, {"ARl", value(p.ar_large)}};
}

void print_row(const char* kind, const AveragePrecision& p) {
  const auto percent = [](double v) { return v < 0 ? std::nan("") : 100 * v; };
  std::printf("%s AP %5.1f   AP50 %5.1f   AP75 %5.1f   small %5.1f   medium %5.1f   large %5.1f\n", kind, percent(p.ap),
              percent(p.ap50), percent(p.ap75), percent(p.ap_small), percent(p.ap_medium), percent(p.ap_large));
}

std::string category_table(const CocoSet& set, const AveragePrecision& box,
                           const std::optional<AveragePrecision>& mask) {
  CsvWriter csv;
  csv.add("category").add("name").add("box_ap");
  if (mask) csv.add("mask_ap");
  csv.end_row();
  const auto value = [](double v) { return v < 0 ? std::nan("") : v; };
  for (std::size_t i = 0; i < box.categories.size(); ++i) {
    const auto [id, ap] = box.categories[i];
    const auto found = std::ranges::find(set.categories, id, &CocoCategory::id);
    csv.add(id).add(found == set.categories.end() ? std::string() : found->name).add(value(ap));
    if (mask) csv.add(value(mask->categories[i].second));
    csv.end_row();
  }
  return csv.text();
}

/// What the model finds in every picture; pictures that cannot be used are told and left out of `images`.
Result<std::vector<ApObject>> find_all(const Model& model, const CocoSet& set, const ClassMatch& match,
                                       const std::filesystem::path& folder, const DetectionSettings& settings,
                                       std::vector<std::int64_t>& images, json& results, const JobContext& job) {
  std::vector<ApObject> found;
  for (std::size_t i = 0; i < set.images.size(); ++i) {
    const CocoImage& image = set.images[i];
    TRY_VOID(job.check());
    job.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(set.images.size()), image.file);
    // The official test applies the EXIF orientation, as cv2.imread does.
    const auto input = read_dense_image(folder / image.file, model.dense_preprocessing, ExifOrientation::Apply);
    if (!input) {
      print_warning(input.error().message() + "; the picture is left out");
      continue;
    }
    const PixelSize original{input->original[0], input->original[1]};
    if (original != image.size) {
      print_warning((folder / image.file).string() + ": has another size than its annotations say; it is left out");
      continue;
    }
    JobContext quiet;
    quiet.stop = job.stop;
    TRY(const Detections detections, detect(model, input->input.images.to(at::Device(model.device)),
                                            {{input->resized[0], input->resized[1]}, original}, {settings}, quiet));
    images.push_back(image.id);
    for (json& entry : coco_results(detections, image.id, match.category_of_label)) {
      if (entry.at("category_id") == -1) continue;
      ApObject object;
      object.image = image.id;
      object.category = entry.at("category_id");
      object.box = entry.at("bbox");
      object.score = entry.at("score");
      found.push_back(std::move(object));
      results.push_back(std::move(entry));
    }
    std::size_t next = found.size();
    for (auto d = detections.found.rbegin(); d != detections.found.rend(); ++d)
      if (match.category_of_label[static_cast<std::size_t>(d->label)] != -1) found[--next].mask = d->mask;
  }
  if (images.empty())
    return fail(Error::Kind::InvalidInput, "none of the annotated pictures could be used", folder.string());
  return found;
}

}  // namespace

void DetectionEvalOptions::add_to(CLI::App& app) {
  CLI::Option* coco = app.add_option("--coco", annotations, "of a detector: COCO annotations (JSON) of the pictures");
  app.add_option("--config", config,
                 "JSON with the detector's finest_scale, rpn and rcnn, if not those of its own test")
      ->needs(coco);
  app.add_flag("--allow-outside", allow_outside, "the annotations may name pictures outside the folder of the pictures")
      ->needs(coco);
}

Result<void> run_detection_eval(const Model& model, const std::filesystem::path& images,
                                const DetectionEvalOptions& options, const CommonOptions& common,
                                const JobContext& job) {
  if (!model.is_detector())
    return fail(Error::Kind::InvalidInput, "is no detector, so COCO annotations say nothing of it",
                model.path.string());
  DetectionSettings settings = detection_test(model);
  if (!options.config.empty()) {
    TRY(settings, read_detection_settings(options.config, settings));
  }
  TRY(const CocoSet set, read_coco(options.annotations, job));
  for (const std::string& warning : set.warnings) print_warning(options.annotations.string() + ": " + warning);
  ScopeOfFiles scope(options.allow_outside ? PathScope::anywhere() : PathScope::below({images}));
  for (const CocoImage& image : set.images)
    if (!scope.contains(images / image.file)) return fail(outside_of("pictures", images / image.file));
  TRY(const ClassMatch match, match_classes(model, set, options.annotations.string()));

  std::vector<std::int64_t> used;
  json results = json::array();
  TRY(const auto found, find_all(model, set, match, images, settings, used, results, job));
  std::vector<ApObject> annotated;
  for (const CocoAnnotation& a : set.annotations)
    annotated.push_back({a.image, a.category, a.box, a.mask, a.area, a.crowd, a.id, 0});
  TRY(const AveragePrecision box, average_precision(ApKind::Box, annotated, found, used, match.categories, job));
  std::optional<AveragePrecision> mask;
  if (!model.dense->mask_heads.empty()) {
    TRY(mask, average_precision(ApKind::Mask, annotated, found, used, match.categories, job));
  }

  json result{{"images", {{"used", used.size()}, {"available", set.images.size()}}},
              {"detections", found.size()},
              {"box", to_json(box)},
              {"model", model.name},
              {"model_sha256", model.sha256}};
  if (mask) result["mask"] = to_json(*mask);
  if (!common.output.empty()) {
    TRY_VOID(write_json(common.output / "eval.json", result));
    TRY_VOID(write_json(common.output / "results.json", results));
    TRY_VOID(write_file(common.output / "categories.csv", category_table(set, box, mask)));
  }
  if (common.json) {
    print_json(result);
  } else {
    std::printf("%zu images\n", used.size());
    print_row("box ", box);
    if (mask) print_row("mask", *mask);
  }
  return {};
}

}  // namespace orderscope::cli
