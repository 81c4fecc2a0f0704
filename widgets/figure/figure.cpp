// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/figure.h"

#include <algorithm>
#include <set>

#include "core/base/json_fields.h"
#include "core/base/version.h"
#include "core/image/overlay.h"

namespace orderscope {
namespace {

using nlohmann::json;

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

ColorScale scale_of(const std::vector<const Map*>& maps, const PanelSettings& settings) {
  ColorScale scale = scale_for(maps);
  if (!settings.colormap.empty()) scale = with_colormap(scale, *colormap_named(settings.colormap));
  if (settings.range) {
    scale.low = settings.range->low;
    scale.high = settings.range->high;
  }
  return scale;
}

PanelGroup draw_group(const MapGroup& group, const PanelSettings& settings) {
  PanelGroup drawn;
  drawn.title = text(group.title);
  drawn.subtitle = text(group.subtitle);
  std::vector<const Map*> maps;
  for (const MapGroup::Entry& entry : group.maps) maps.push_back(&entry.map);
  drawn.bar = scale_of(maps, settings);
  // With a range that somebody chose all maps share it.
  drawn.relative = !settings.shared_scale && !settings.range && group.maps.size() > 1;
  for (const MapGroup::Entry& entry : group.maps) {
    MapPanel panel;
    panel.map = std::make_shared<const Map>(entry.map);
    panel.name = text(entry.name);
    panel.label = text(entry.label);
    panel.scale = drawn.relative ? scale_of({&entry.map}, settings) : drawn.bar;
    drawn.panels.push_back(std::move(panel));
  }
  return drawn;
}

PanelGrid draw_grid(const PanelResult& result, const PanelSettings& settings) {
  PanelGrid grid;
  grid.photo = to_qimage(result.picture);
  grid.style = {settings.opacity, settings.interpolate};
  for (const MapGroup& group : result.groups) {
    if (!group.same_line || grid.rows.empty()) grid.rows.emplace_back();
    grid.rows.back().push_back(draw_group(group, settings));
  }
  return grid;
}

MatrixPanel draw_matrix_panel(const Matrix& matrix, const PanelSettings& settings) {
  MatrixPanel panel;
  panel.matrix = matrix;
  Map values;
  values.height = static_cast<int>(matrix.rows.size());
  values.width = static_cast<int>(matrix.columns.size());
  values.values.assign(matrix.values.begin(), matrix.values.end());
  values.is_signed = std::any_of(matrix.values.begin(), matrix.values.end(), [](double value) { return value < 0; });
  panel.scale = scale_of({&values}, settings);
  panel.write_values = matrix.values.size() <= 150;
  return panel;
}

json sources_of(const SessionFile& session, const std::vector<DrawnPanel>& panels) {
  std::set<std::string> used;
  for (const DrawnPanel& drawn : panels) used.insert({drawn.provenance.model_sha256, drawn.provenance.image_sha256});
  json list = json::object();
  for (const auto& [name, sources] : {std::pair{"models", &session.models}, std::pair{"images", &session.images}})
    for (const SessionSource& source : *sources)
      if (!source.sha256.empty() && used.contains(source.sha256))
        list[name].push_back({{"file", source.path.filename().string()}, {"sha256", source.sha256}});
  return list;
}

/// "OrderScope 0.1.0; weights SHA-256 0123456789abcdef; image SHA-256 …; resize short side to 256, crop 224."
QString source_note(const Provenance& provenance) {
  const auto shortened = [](const std::string& hash) { return text(hash.substr(0, 16)); };
  QString note = text(provenance.program.empty() ? version_text() : provenance.program);
  if (!provenance.model_sha256.empty())
    note += QStringLiteral("; weights SHA-256 %1").arg(shortened(provenance.model_sha256));
  if (!provenance.image_sha256.empty())
    note += QStringLiteral("; image SHA-256 %1").arg(shortened(provenance.image_sha256));
  if (!provenance.preprocessing.empty()) note += QStringLiteral("; ") + text(provenance.preprocessing);
  return note + QChar('.');
}

}  // namespace

Result<DrawnPanel> draw_stored_panel(const FigurePanelPlan& plan) {
  DrawnPanel drawn;
  TRY(drawn.panel, plate_panel_from_json(plan.content));
  drawn.panel.title = text(plan.title);
  drawn.panel.width = plan.width;
  drawn.provenance = drawn.panel.provenance;
  std::optional<Error> error;
  JsonFields fields(plan.content, "content", error);
  if (const json* words = fields.object("words")) {
    JsonFields inner(*words, "content.words", error);
    drawn.title = text(inner.text("title"));
    drawn.subtitle = text(inner.text("subtitle"));
    if (const json* notes = inner.array("notes", 100))
      for (const json& note : *notes)
        if (note.is_string()) drawn.notes << text(note.get<std::string>());
  }
  if (error) return fail(std::move(*error));
  return drawn;
}

Result<DrawnPanel> draw_panel(const FigurePanelPlan& plan, const PanelResult& result) {
  TRY(const PanelSettings settings, panel_settings(plan));
  DrawnPanel drawn;
  drawn.title = text(result.title);
  drawn.subtitle = text(result.subtitle);
  for (const std::string& note : result.notes) drawn.notes << text(note);
  drawn.provenance = result.provenance;
  PlatePanel& panel = drawn.panel;
  panel.title = text(plan.title);
  panel.width = plan.width;
  panel.provenance = result.provenance;
  if (!result.groups.empty())
    panel.content = draw_grid(result, settings);
  else if (!result.curves.empty())
    panel.content = plot_of(result.curves);
  else if (!result.matrices.empty())
    panel.content = draw_matrix_panel(result.matrices.front(), settings);
  else
    panel.content = TablePanel{result.table};
  // Maps have titles of their own; the others would be letters alone.
  if (panel.title.isEmpty() && !std::holds_alternative<PanelGrid>(panel.content)) {
    if (!result.curves.empty()) panel.title = text(result.curves.front().y_label);
    if (!result.matrices.empty()) panel.title = text(result.matrices.front().name);
    if (panel.title.isEmpty()) panel.title = drawn.title;
  }
  return drawn;
}

std::vector<FigurePanelPlan> stored_panels(const Plate& plate) {
  std::vector<FigurePanelPlan> plans;
  for (const PlatePanel& panel : panels_of(plate)) {
    FigurePanelPlan plan;
    plan.view = "stored";
    plan.title = panel.title.toStdString();
    plan.width = panel.width;
    plan.content = to_json(panel);
    plan.content["words"] = {{"title", plate.title.toStdString()}, {"subtitle", plate.subtitle.toStdString()}};
    for (const QString& note : plate.footnotes) plan.content["words"]["notes"].push_back(note.toStdString());
    plans.push_back(std::move(plan));
  }
  return plans;
}

Plate compose_figure(const SessionFile& session, std::vector<DrawnPanel> panels) {
  const FigurePlan& plan = session.figure;
  Plate plate;
  plate.width_mm = plan.width_mm;
  plate.font_pt = plan.font_pt;
  plate.letters = plan.letters;
  plate.scale_bar = plan.scale_bar;
  plate.title = text(plan.title);
  plate.subtitle = text(plan.subtitle);
  const auto common = [&](QString DrawnPanel::*word) {
    const bool same =
        !panels.empty() && std::ranges::all_of(panels, [&](const DrawnPanel& p) { return p.*word == panels[0].*word; });
    return same ? panels[0].*word : QString();
  };
  if (plate.title.isEmpty()) plate.title = common(&DrawnPanel::title);
  if (plate.subtitle.isEmpty()) plate.subtitle = common(&DrawnPanel::subtitle);
  for (const std::string& note : plan.notes) plate.footnotes << text(note);
  if (plan.sources) {
    const auto add = [&](const QString& note) {
      if (!note.isEmpty() && !plate.footnotes.contains(note)) plate.footnotes << note;
    };
    for (const DrawnPanel& drawn : panels)
      for (const QString& note : drawn.notes) add(note);
    for (const DrawnPanel& drawn : panels)
      if (!drawn.provenance.model_sha256.empty()) add(source_note(drawn.provenance));
  }
  plate.sources = sources_of(session, panels);
  for (DrawnPanel& drawn : panels) plate.panels.push_back(std::move(drawn.panel));
  return plate;
}

Result<Plate> draw_figure(const SessionFile& session, PanelRunner& runner, const JobContext& job) {
  std::vector<DrawnPanel> panels;
  for (const FigurePanelPlan& plan : figure_of(session).panels) {
    if (!plan.shown) continue;
    TRY_VOID(job.check());
    if (plan.view == "stored") {
      TRY(DrawnPanel drawn, draw_stored_panel(plan));
      panels.push_back(std::move(drawn));
      continue;
    }
    TRY(const PanelResult result, runner.run(plan, job));
    TRY(DrawnPanel drawn, draw_panel(plan, result));
    panels.push_back(std::move(drawn));
  }
  if (panels.empty())
    return fail(Error::Kind::InvalidInput, "the session's figure has no panels", {},
                "add some in the window: File > Export > Figure");
  return compose_figure(session, std::move(panels));
}

}  // namespace orderscope
