// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/session_export.h"

#include <QCoreApplication>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/session.h"
#include "core/base/files.h"
#include "core/base/version.h"
#include "core/run/map_file.h"

namespace orderscope {
namespace {

using nlohmann::json;

constexpr std::size_t kScoresWritten = 20;

QString tr(const char* text) { return QCoreApplication::translate("SessionExport", text); }

json model_json(const Model& model) {
  const Architecture& a = model.architecture;
  json architecture{{"family", family_name(a)},
                    {"depths", a.depths},
                    {"dims", a.dims},
                    {"classes", a.classes},
                    {"image_size", a.image_size}};
  if (!a.orders.empty()) architecture["orders"] = a.orders;
  if (a.family == Family::Swin) {
    architecture["heads"] = a.heads;
    architecture["windows"] = a.windows;
  }
  return {{"name", model.name},           {"path", model.path.string()}, {"sha256", model.sha256},
          {"architecture", architecture}, {"mixers", model.mixers},      {"parameters", model.parameters},
          {"macs", model.macs},           {"warnings", model.warnings}};
}

json image_json(const ForwardResult& result) {
  const InputImage& input = result.input;
  return {{"path", result.image_path.string()},
          {"sha256", input.source_sha256},
          {"size", {result.image_width, result.image_height}},
          {"crop", {input.crop.x, input.crop.y, input.crop.width, input.crop.height}},
          {"input_size", input.preprocessing.size},
          {"exif", input.exif},
          {"warnings", result.warnings}};
}

json scores_json(const ForwardResult& result) {
  json scores = json::array();
  for (std::size_t i = 0; i < std::min(result.scores.size(), kScoresWritten); ++i) {
    const ClassScore& score = result.scores[i];
    scores.push_back(
        {{"index", score.index}, {"name", score.name}, {"logit", score.logit}, {"probability", score.probability}});
  }
  return scores;
}

/// "gate 3" to "gate_3.npy".
std::string map_file_name(const MapPanel& panel) {
  QString name = panel.name.toLower();
  for (QChar& c : name)
    if (!c.isLetterOrNumber()) c = QLatin1Char('_');
  return name.toStdString() + ".npy";
}

Result<json> write_maps(const PanelGrid& grid, const std::filesystem::path& folder) {
  json maps = json::array();
  for (const auto& row : grid.rows) {
    for (const PanelGroup& group : row) {
      for (const MapPanel& panel : group.panels) {
        if (!panel.map) continue;
        const std::string file = map_file_name(panel);
        TRY_VOID(write_map_file(folder / "maps" / file, *panel.map));
        const Range range = range_of(*panel.map);
        const Range shown = range_of(panel.scale);
        maps.push_back({{"name", panel.name.toStdString()},
                        {"file", "maps/" + file},
                        {"shape", {panel.map->height, panel.map->width}},
                        {"range", {range.low, range.high}},
                        {"colour_range", {shown.low, shown.high}},
                        {"signed", panel.map->is_signed},
                        {"unit", panel.map->unit},
                        {"provenance", panel.map->provenance.fields()}});
      }
    }
  }
  return maps;
}

}  // namespace

Plate orders_plate(const OrdersSnapshot& snapshot) {
  const ForwardResult& result = *snapshot.result;
  const Model& model = *result.model;
  Plate plate;
  plate.grid = orders_grid(snapshot.result, snapshot.view, snapshot.block, snapshot.settings);
  plate.title = QStringLiteral("%1   %2").arg(QString::fromStdString(model.name), block_name(model, snapshot.block));
  plate.subtitle = block_summary(result, snapshot.block) + QStringLiteral("  ·  ") + file_name(result.image_path);
  if (snapshot.view) {
    const auto score = std::find_if(result.scores.begin(), result.scores.end(),
                                    [&](const ClassScore& s) { return s.index == snapshot.view->class_index; });
    if (score != result.scores.end())
      plate.subtitle +=
          QStringLiteral("  ·  %1 %2").arg(QString::fromStdString(score->name)).arg(score->probability, 0, 'f', 3);
  }

  const QString reduction = snapshot.settings.reduction == ChannelReduction::L2     ? tr("L2 norm")
                            : snapshot.settings.reduction == ChannelReduction::Mean ? tr("mean")
                                                                                    : tr("mean absolute value");
  const QString scale =
      snapshot.settings.scale == ScaleMode::Shared ? tr("one colour scale a row") : tr("one colour scale a map");
  if (plate.grid.rows.size() > 1)
    plate.footnotes
        << tr("Value, gate and state: %1 over channels; %2; the range under a map is that of its raw values. "
              "Contribution: sum over channels of gate × gradient of the class logit.")
               .arg(reduction, scale);
  plate.footnotes << tr("Grad-CAM before the ReLU.");
  plate.footnotes << tr("%1; weights SHA-256 %2; image SHA-256 %3; %4 at %5 × %5.")
                         .arg(QString::fromStdString(version_text()),
                              QString::fromStdString(model.sha256.substr(0, 16)),
                              QString::fromStdString(result.input.source_sha256.substr(0, 16)),
                              result.input.preprocessing.warp ? tr("squashed") : tr("centre crop"))
                         .arg(result.input.preprocessing.size);
  return plate;
}

Result<void> export_orders(const OrdersSnapshot& snapshot, const std::filesystem::path& folder) {
  if (!snapshot.result) return fail(Error::Kind::InvalidInput, "there is nothing to export yet");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Error::Kind::FileAccess, "the folder cannot be made: " + error.message(), folder.string());
  std::filesystem::create_directories(folder / "maps", error);

  const Plate plate = orders_plate(snapshot);
  TRY_VOID(write_plate(plate, QString::fromStdString((folder / "orders.pdf").string())));
  TRY_VOID(write_plate(plate, QString::fromStdString((folder / "orders.png").string())));
  TRY(json maps, write_maps(plate.grid, folder));

  const ForwardResult& result = *snapshot.result;
  const OrdersSettings& settings = snapshot.settings;
  json session{{"program", version_text()},
               {"model", model_json(*result.model)},
               {"image", image_json(result)},
               {"scores", scores_json(result)},
               {"block", block_name(*result.model, snapshot.block).toStdString()},
               {"settings",
                {{"reduction", to_string(settings.reduction)},
                 {"scale", settings.scale == ScaleMode::Shared ? "row" : "map"},
                 {"opacity", settings.style.opacity},
                 {"interpolate", settings.style.interpolate}}},
               {"figures", {"orders.pdf", "orders.png"}},
               {"maps", std::move(maps)}};
  if (snapshot.view)
    session["class"] = {{"index", snapshot.view->class_index},
                        {"name", result.model->class_name(snapshot.view->class_index)}};
  // A path or a class name may hold bytes that are no UTF-8; they must not lose the file.
  return write_file(folder / "session.json", session.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace orderscope
