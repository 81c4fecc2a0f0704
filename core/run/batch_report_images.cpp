// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/analysis/order_maps.h"
#include "core/image/plate.h"
#include "core/run/batch_config.h"
#include "core/run/batch_report.h"
#include "core/run/dense_input.h"
#include "core/run/dense_inspection.h"
#include "core/run/inspection.h"
#include "core/run/prediction_picture.h"

namespace orderscope {

namespace {

struct Shown {
  std::int64_t image = 0;
  std::vector<BatchRow> rows;  ///< one a model
};

constexpr int kPredictionSide = 640;  // of the pictures of predictions, pixels

/// Of one segmenter or detector, which no label says to be right: the surest pictures and the least sure ones.
Result<std::vector<std::int64_t>> best_and_worst(const BatchQuery& query, std::size_t images, const JobContext& job) {
  BatchFilter sure;
  sure.least_confidence = 0;  // those where something was found
  TRY(std::vector<std::int64_t> ids, query.select(sure, {"confidence", true}, job));
  if (ids.size() <= images) return ids;
  const auto best = static_cast<std::ptrdiff_t>((images + 1) / 2), worst = static_cast<std::ptrdiff_t>(images / 2);
  ids.erase(ids.begin() + best, ids.end() - worst);
  return ids;
}

Result<std::vector<Shown>> choose(const BatchQuery& query, int images, const JobContext& job) {
  std::vector<std::int64_t> ids;
  if (query.models().size() > 1) {
    TRY(ids, query.most_disagreeing(static_cast<std::size_t>(images)));
  } else if (query.has_regions()) {
    TRY(ids, best_and_worst(query, static_cast<std::size_t>(images), job));
  } else {
    BatchFilter wrong;
    wrong.correct = false;
    TRY(ids, query.select(wrong, {"confidence", true}, job));
    ids.resize(std::min(ids.size(), static_cast<std::size_t>(images)));
  }
  TRY(const auto rows, query.rows(ids.data(), ids.size()));
  std::vector<Shown> shown;
  for (const BatchRow& row : rows) {
    if (shown.empty() || shown.back().image != row.image) shown.push_back({row.image, {}});
    shown.back().rows.push_back(row);
  }
  return shown;
}

std::string name_of(const std::vector<std::string>& names, const std::optional<int>& index) {
  if (!index) return "nothing";
  if (static_cast<std::size_t>(*index) < names.size()) return names[static_cast<std::size_t>(*index)];
  return "class " + std::to_string(*index);
}

/// Photo, Grad-CAM of what is explained, and the gates of the last block that has orders.
Result<Image> draw(const Model& model, const Image& picture, const Map& cam, const std::vector<BlockOrderMaps>& maps) {
  PlateRow row;
  row.label = model.name;
  row.tiles.push_back({nullptr, "photo", std::nullopt});
  row.tiles.push_back({&cam, "Grad-CAM", scale_for(cam)});
  std::vector<const Map*> gates;
  for (auto block = maps.rbegin(); block != maps.rend(); ++block) {
    if (block->order == 0) continue;
    for (int k = 1; k <= block->order; ++k) {
      const Map* map = block->find(OrderQuantity::Gate, k, ChannelReduction::MeanAbs);
      if (!map) continue;
      gates.push_back(map);
      row.tiles.push_back({map, "gate " + std::to_string(k), std::nullopt});
    }
    break;
  }
  row.scale = gates.empty() ? scale_for(cam) : scale_for(gates);
  PlateOptions options;
  options.tile_width = 132;
  options.bars = BarPlacement::Tile;
  options.ranges = false;
  return draw_plate(picture, {row}, options);
}

/// A classifier's predicted class.
Result<std::vector<ReportPart>> show_class(std::shared_ptr<const Model> model, const DecodedImage& photo,
                                           const BatchConfig& config, int predicted, const std::string& says,
                                           const JobContext& job) {
  Preprocessing how = model->preprocessing;
  if (config.size > 0) how.size = config.size;
  TRY(const InputImage input, preprocess(photo, how, config.exif));
  TRY(const auto inspection, Inspection::run(model, input, job));
  TRY(const ClassView view, inspection->explain(predicted, job));
  TRY(Image picture, draw(*model, input.pixels, view.cams.back(), inspection->order_maps()));
  return std::vector<ReportPart>{{ReportPart::Kind::Picture, says, std::move(picture), true}};
}

/// What a segmenter or detector predicts, and its first region or box explained.
Result<std::vector<ReportPart>> show_regions(const Model& loaded, const DecodedImage& photo, const BatchConfig& config,
                                             const std::string& says, const JobContext& job) {
  auto model = std::make_shared<Model>(loaded);
  model->dense_preprocessing = resized_short_side(model->dense_preprocessing, config.size);
  TRY(const auto inspection, DenseInspection::run(model, photo, job));
  TRY(Image prediction, draw_prediction(*inspection->prediction(), *model, kPredictionSide));
  std::vector<ReportPart> parts{{ReportPart::Kind::Picture, says, std::move(prediction), true}};
  if (inspection->scores().empty()) return parts;
  const ClassScore& first = inspection->scores().front();
  TRY(const ClassView view, inspection->explain(first.index, job));
  TRY(Image maps, draw(*model, inspection->input().pixels, view.cams.back(), inspection->order_maps()));
  parts.push_back({ReportPart::Kind::Picture, "explained: " + first.name, std::move(maps), true});
  return parts;
}

}  // namespace

Result<std::vector<ReportPart>> shown_images(const BatchQuery& query, const BatchReportOptions& asked,
                                             std::vector<std::string>& warnings, const JobContext& job) {
  TRY(const std::vector<Shown> shown, choose(query, asked.images, job));
  std::vector<ReportPart> parts;
  if (shown.empty()) return parts;
  TRY(const BatchConfig config, parse_batch_config(query.config_json()));
  std::vector<std::shared_ptr<const Model>> models;
  for (std::size_t m = 0; m < config.models.size() && m < query.models().size(); ++m) {
    if (!asked.scope.contains(config.models[m].path)) {
      models.push_back(nullptr);
      warnings.push_back(outside_of("run", config.models[m].path).message());
      parts.push_back(
          {ReportPart::Kind::Text, query.models()[m].name + " lies outside the run's folder: its maps are not shown."});
      continue;
    }
    LoadOptions options;
    options.key = config.models[m].key;
    const auto model = load_model(config.models[m].path, options, {job.stop, {}});
    if (model && (*model)->sha256 == query.models()[m].sha256) {
      models.push_back(*model);
      continue;
    }
    models.push_back(nullptr);
    parts.push_back({ReportPart::Kind::Text,
                     query.models()[m].name + " is no longer where it was, or has changed: its maps are not shown."});
  }
  for (std::size_t i = 0; i < shown.size(); ++i) {
    TRY_VOID(job.check());
    job.progress(static_cast<std::int64_t>(i), std::ssize(shown), "drawing images");
    const BatchRow& first = shown[i].rows.front();
    char bits[48] = "";
    if (std::isfinite(first.disagreement))
      std::snprintf(bits, sizeof bits, "; disagreement %.3f bits", first.disagreement);
    const std::string label =
        first.set_label ? "labelled " + name_of(query.set_classes(), first.set_label) : "unlabelled";
    parts.push_back(
        {ReportPart::Kind::Text, std::filesystem::path(first.path).filename().string() + ", " + label + bits});
    const bool inside = asked.scope.contains(query.file(first));
    if (!inside) warnings.push_back(outside_of("run", query.file(first)).message());
    const auto decoded = inside ? decode_image(query.file(first), config.exif) : fail(outside_of("run", first.path));
    for (const BatchRow& row : shown[i].rows) {
      const auto m = static_cast<std::size_t>(row.model);
      char sure[32] = "";
      if (std::isfinite(row.confidence)) std::snprintf(sure, sizeof sure, ", %.0f %%", 100 * row.confidence);
      const std::string says =
          query.models()[m].name + ": " + name_of(query.models()[m].class_names, row.predicted) + sure;
      if (!decoded || m >= models.size() || !models[m] || !row.predicted) {
        parts.push_back({ReportPart::Kind::Text, says});
        continue;
      }
      const JobContext quiet{job.stop, {}};
      TRY(auto pictures, models[m]->is_classifier()
                             ? show_class(models[m], *decoded, config, *row.predicted, says, quiet)
                             : show_regions(*models[m], *decoded, config, says, quiet));
      std::move(pictures.begin(), pictures.end(), std::back_inserter(parts));
    }
  }
  return parts;
}

}  // namespace orderscope
