// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/analysis/order_maps.h"
#include "core/image/plate.h"
#include "core/run/batch_config.h"
#include "core/run/batch_report.h"
#include "core/run/inspection.h"

namespace orderscope {

namespace {

struct Shown {
  std::int64_t image = 0;
  std::vector<BatchRow> rows;  ///< one a model
};

Result<std::vector<Shown>> choose(const BatchQuery& query, int images, const JobContext& job) {
  std::vector<std::int64_t> ids;
  if (query.models().size() > 1) {
    TRY(ids, query.most_disagreeing(static_cast<std::size_t>(images)));
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

/// Photo, Grad-CAM for the predicted class, and the gates of the last block that has orders.
Result<Image> draw(const Model& model, const InputImage& input, Inspection& inspection, int predicted,
                   const JobContext& job) {
  TRY(const ClassView view, inspection.explain(predicted, job));
  PlateRow row;
  row.label = model.name;
  row.tiles.push_back({nullptr, "photo", std::nullopt});
  const Map& cam = view.cams.back();
  row.tiles.push_back({&cam, "Grad-CAM", scale_for(cam)});
  const auto& maps = inspection.order_maps();
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
  return draw_plate(input.pixels, {row}, options);
}

}  // namespace

Result<std::vector<ReportPart>> shown_images(const BatchQuery& query, int images, const JobContext& job) {
  TRY(const std::vector<Shown> shown, choose(query, images, job));
  std::vector<ReportPart> parts;
  if (shown.empty()) return parts;
  TRY(const BatchConfig config, parse_batch_config(query.config_json()));
  std::vector<std::shared_ptr<const Model>> models;
  for (std::size_t m = 0; m < config.models.size() && m < query.models().size(); ++m) {
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
    const auto decoded = decode_image(query.file(first), config.exif);
    for (const BatchRow& row : shown[i].rows) {
      const auto m = static_cast<std::size_t>(row.model);
      char sure[32] = "";
      if (std::isfinite(row.confidence)) std::snprintf(sure, sizeof sure, ", %.0f %%", 100 * row.confidence);
      const std::string says =
          query.models()[m].name + ": " + name_of(query.models()[m].class_names, row.predicted) + sure;
      if (!decoded || m >= models.size() || !models[m] || !row.predicted || !models[m]->is_classifier()) {
        parts.push_back({ReportPart::Kind::Text, says});
        continue;
      }
      Preprocessing how = models[m]->preprocessing;
      if (config.size > 0) how.size = config.size;
      TRY(const InputImage input, preprocess(*decoded, how, config.exif));
      TRY(const auto inspection, Inspection::run(models[m], input, {job.stop, {}}));
      TRY(Image picture, draw(*models[m], input, *inspection, *row.predicted, {job.stop, {}}));
      parts.push_back({ReportPart::Kind::Picture, says, std::move(picture), true});
    }
  }
  return parts;
}

}  // namespace orderscope
