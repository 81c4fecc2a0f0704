// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/attribution_grid.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "app/gui/attribution_notes.h"
#include "core/image/overlay.h"
#include "core/run/compared_model.h"
#include "core/run/dense_inspection.h"
#include "widgets/figure/format.h"

namespace orderscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("AttributionPage", text); }

constexpr QChar kBetween = '\n';  // in contexts
constexpr std::size_t kMapsInRow = 4;

/// A name of a tap, which may be broken after its dots.
QString breakable(const std::string& tap) {
  return QString::fromStdString(tap).replace('.', QStringLiteral(".\u200B"));
}

std::optional<int> stage_named(const std::string& layer) {
  if (!layer.starts_with("stage.")) return std::nullopt;
  bool whole = false;
  const int stage = QString::fromStdString(layer.substr(6)).toInt(&whole) - 1;
  return whole ? std::optional(stage) : std::nullopt;
}

double number_of(const MethodResult& result, const std::string& name) {
  for (const Number& number : result.numbers)
    if (number.name == name) return number.value;
  return std::nan("");
}

MapPanel panel_of(const AttributionWork& work, const AttributionKey& key, const QString& name) {
  MapPanel panel;
  panel.context = context_of(key);
  panel.name = name;
  const AttributionCell* cell = work.cell(key);
  panel.map = shown_map(cell);
  if (panel.map) {
    panel.label = QStringLiteral("%1\u00A0×\u00A0%2").arg(panel.map->height).arg(panel.map->width);
    if (std::ranges::any_of(panel.map->values, [](float value) { return !std::isfinite(value); }))
      panel.label += tr("   holds NaN or Inf");
    else if (std::ranges::all_of(panel.map->values, [](float value) { return value == 0; }))
      panel.label = tr("no gradient comes here");
    if (cell->judged)
      panel.detail = tr("del %1 ins %2")
                         .arg(column_text(number_of(*cell->judged, "deletion.auc")),
                              column_text(number_of(*cell->judged, "insertion.auc")));
    return panel;
  }
  if (cell && !cell->problem.isEmpty()) {
    panel.note = cell->problem;
  } else if (work.expects(AttributionProgress::What::Maps, key)) {
    panel.note = work.progress()->activity;
    panel.progress = std::max(work.progress()->fraction, 0.0);
  } else {
    panel.note = work.stopped() ? tr("cancelled") : tr("waits for the others");
  }
  return panel;
}

PanelColumn head_of(const MethodDescriptor& method, const AttributionSettings& settings) {
  const AttributionNotes notes = notes_about(method.id);
  QStringList hint{QString::fromStdString(method.title) + QStringLiteral(": ") +
                   QString::fromStdString(method.citation)};
  if (!notes.formula.isEmpty()) hint << notes.formula;
  if (!notes.caution.isEmpty()) hint << notes.caution;
  return {.title = QString::fromStdString(method.title),
          .hint = hint.join('\n'),
          .color = method_color(settings, method.id)};
}

void scale_groups(PanelGrid& grid, AttributionScale mode) {
  std::vector<const Map*> all;
  for (const auto& row : grid.rows)
    for (const PanelGroup& group : row)
      for (const MapPanel& panel : group.panels) all.push_back(panel.map.get());
  const ColorScale shared = scale_for(all);
  for (auto& row : grid.rows)
    for (PanelGroup& group : row) {
      std::vector<const Map*> maps;
      for (const MapPanel& panel : group.panels) maps.push_back(panel.map.get());
      group.bar = mode == AttributionScale::Shared ? shared : scale_for(maps);
      group.relative = mode == AttributionScale::PerMap && group.panels.size() > 1;
      for (MapPanel& panel : group.panels)
        if (panel.map) panel.scale = group.relative ? scale_for(*panel.map) : group.bar;
    }
}

}  // namespace

QString context_of(const AttributionKey& key) {
  return QString::fromStdString(key.method) + kBetween + QString::fromStdString(key.layer);
}

AttributionKey key_of_context(const QString& context) {
  return {context.section(kBetween, 0, 0).toStdString(), context.section(kBetween, 1).toStdString()};
}

std::string tap_named(const Model& model, const std::string& layer) {
  if (layer == "last") return usual_layer(model);
  const auto stage = stage_named(layer);
  if (!stage) return layer;
  const std::vector<int> last = last_blocks(model);
  if (!model.is_classifier()) {
    // A block's output is read by norms over channels, behind which many methods are degenerate; the level is not.
    const std::string level = "norm" + std::to_string(*stage);
    const auto levels = level_taps(model);
    return std::ranges::find(levels, level) == levels.end() ? std::string() : level;
  }
  if (*stage < 0 || *stage >= static_cast<int>(last.size())) return {};
  return model.blocks[static_cast<std::size_t>(last[static_cast<std::size_t>(*stage)])].name;
}

QString layer_title(const std::string& layer) {
  if (layer == "last") return tr("usual layer");
  if (const auto stage = stage_named(layer)) return tr("stage %1").arg(*stage + 1);
  for (int level = 0; level < 4; ++level) {
    constexpr int kFirstLevel = 2;  // P2 has the stride of the first stage
    if (layer == "neck.fpn_convs." + std::to_string(level)) return QStringLiteral("P%1").arg(level + kFirstLevel);
    if (layer == "decode_head.fpn_convs." + std::to_string(level)) return tr("pyramid %1").arg(level + 1);
  }
  if (layer == "decode_head.fpn_bottleneck") return tr("fused");
  return breakable(layer);
}

bool explains(const MethodDescriptor& method, const Model& model) {
  return model.is_classifier() || shares_passes(method);
}

std::vector<AttributionRow> attribution_rows(const Model& model, const AttributionSettings& settings) {
  std::vector<AttributionRow> rows;
  const auto add = [&](const std::string& layer, const std::string& tap) {
    if (tap.empty() || std::ranges::find(rows, tap, &AttributionRow::tap) != rows.end()) return;
    const QString title = layer_title(layer);
    rows.push_back({layer, tap, title, title != breakable(tap) ? breakable(tap) : QString()});
  };
  for (const std::string& layer : settings.layers) {
    if (layer != "levels") {
      add(layer, tap_named(model, layer));
      continue;
    }
    // What the pyramid puts out: its sums are there to be chosen.
    for (const std::string& tap : level_taps(model))
      if (tap.find("fpn") != std::string::npos) add(tap, tap);
  }
  return rows;
}

std::vector<const MethodDescriptor*> chosen_methods(const AttributionSettings& settings) {
  std::vector<const MethodDescriptor*> chosen;
  for (const MethodDescriptor* method : attribution_methods())
    if (std::ranges::find(settings.methods, method->id) != settings.methods.end()) chosen.push_back(method);
  return chosen;
}

QColor method_color(const AttributionSettings& settings, const std::string& method) {
  const auto chosen = chosen_methods(settings);
  const auto found = std::ranges::find(chosen, method, &MethodDescriptor::id);
  return QColor(to_qrgb(model_color(static_cast<std::size_t>(found - chosen.begin()))));
}

std::vector<AttributionRequest> attribution_requests(const Model& model, const AttributionSettings& settings) {
  std::vector<AttributionRequest> requests, whole;
  const auto rows = attribution_rows(model, settings);
  const auto methods = chosen_methods(settings);
  const auto options = [&](const std::string& id) {
    const auto found = settings.options.find(id);
    return found == settings.options.end() ? std::map<std::string, std::string>() : found->second;
  };
  for (const AttributionRow& row : rows)
    for (const MethodDescriptor* method : methods)
      if (layer_parameter(*method) && explains(*method, model))
        requests.push_back({method->id, row.tap, options(method->id)});
  for (const MethodDescriptor* method : methods)
    if (!layer_parameter(*method) && explains(*method, model))
      requests.push_back({method->id, {}, options(method->id)});
  return requests;
}

AttributionKey chosen_key(const Model& model, const AttributionSettings& settings) {
  auto methods = chosen_methods(settings);
  std::erase_if(methods, [&](const MethodDescriptor* method) { return !explains(*method, model); });
  if (methods.empty()) return {};
  const auto found = std::ranges::find(methods, settings.chosen_method, &MethodDescriptor::id);
  const MethodDescriptor& method = found == methods.end() ? *methods.front() : **found;
  if (!layer_parameter(method)) return {method.id, {}};
  const auto rows = attribution_rows(model, settings);
  if (rows.empty()) return {method.id, {}};
  const std::string tap = tap_named(model, settings.chosen_layer);
  const bool shown = std::ranges::find(rows, tap, &AttributionRow::tap) != rows.end();
  return {method.id, shown ? tap : rows.back().tap};
}

std::shared_ptr<const Map> shown_map(const AttributionCell* cell) {
  if (cell == nullptr || !cell->found || cell->found->maps.empty()) return nullptr;
  return {cell->found, &cell->found->maps.back().map};
}

PanelGrid attribution_grid(const AttributionWork& work, const Model& model, const AttributionSettings& settings,
                           const QImage& photo) {
  PanelGrid grid;
  grid.photo = photo;
  grid.style = settings.style;
  const auto rows = attribution_rows(model, settings);
  // Maps of magnitudes have a colour bar of their own, so they stand apart as soon as one is known to be such.
  std::vector<const MethodDescriptor*> is_signed, magnitudes;
  for (const MethodDescriptor* method : chosen_methods(settings)) {
    if (!layer_parameter(*method) || !explains(*method, model)) continue;
    const bool unsigned_map = std::ranges::any_of(rows, [&](const AttributionRow& row) {
      const auto map = shown_map(work.cell({method->id, row.tap}));
      return map && !map->is_signed;
    });
    (unsigned_map ? magnitudes : is_signed).push_back(method);
  }
  for (const auto* methods : {&is_signed, &magnitudes})
    for (const MethodDescriptor* method : *methods) grid.columns.push_back(head_of(*method, settings));
  if (grid.columns.empty()) return grid;
  for (const AttributionRow& row : rows) {
    std::vector<PanelGroup> groups;
    for (const auto* methods : {&is_signed, &magnitudes}) {
      if (methods->empty()) continue;
      PanelGroup group;
      group.title = groups.empty() ? row.title : tr("magnitudes");
      group.subtitle = groups.empty() ? row.detail : QString();
      for (const MethodDescriptor* method : *methods)
        group.panels.push_back(
            panel_of(work, {method->id, row.tap},
                     tr("%1 at %2").arg(QString::fromStdString(method->title), QString::fromStdString(row.tap))));
      groups.push_back(std::move(group));
    }
    grid.rows.push_back(std::move(groups));
  }
  scale_groups(grid, settings.scale);
  return grid;
}

PanelGrid whole_network_grid(const AttributionWork& work, const AttributionSettings& settings, const QImage& photo) {
  PanelGrid grid;
  grid.photo = photo;
  grid.style = settings.style;
  PanelGroup group;
  group.title = tr("input");
  group.subtitle = tr("methods without a layer");
  for (const MethodDescriptor* method : chosen_methods(settings)) {
    if (layer_parameter(*method) || work.cell({method->id, {}}) == nullptr) continue;
    grid.columns.push_back(head_of(*method, settings));
    group.panels.push_back(panel_of(work, {method->id, {}}, QString::fromStdString(method->title)));
  }
  if (group.panels.empty()) return {};
  grid.rows.push_back({std::move(group)});
  scale_groups(grid,
               settings.scale == AttributionScale::PerMap ? AttributionScale::PerMap : AttributionScale::PerLayer);
  return grid;
}

PanelGrid cell_grid(const AttributionWork& work, const AttributionKey& key, const AttributionSettings& settings,
                    const QImage& photo) {
  PanelGrid grid;
  const AttributionCell* cell = work.cell(key);
  if (cell == nullptr) return grid;
  grid.photo = photo;
  grid.style = settings.style;
  const MethodDescriptor* method = find_descriptor(key.method);
  const QString title = QString::fromStdString(method ? method->title : key.method);
  const std::size_t count = cell->found ? cell->found->maps.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    MapPanel panel = panel_of(work, key, title);
    if (count > 1) {
      const NamedMap& named = cell->found->maps[i];
      panel.map = {cell->found, &named.map};
      panel.label = breakable(named.name.substr(named.name.starts_with(key.layer + ".") ? key.layer.size() + 1 : 0));
      panel.name = title + QStringLiteral(" ") + panel.label;
      panel.detail.clear();
    }
    if (i % kMapsInRow == 0) {
      PanelGroup group;
      group.title = title;
      grid.rows.push_back({std::move(group)});
    }
    grid.rows.back().front().panels.push_back(std::move(panel));
  }
  // Parts of one sum are compared with each other.
  scale_groups(grid, count > 1 ? AttributionScale::Shared : AttributionScale::PerMap);
  return grid;
}

}  // namespace orderscope
