// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/figure_plan.h"

#include "core/base/json_fields.h"

namespace orderscope {

using nlohmann::json;

namespace {

json to_json(const FigurePanelPlan& panel) {
  json out = panel.extra;
  out["view"] = panel.view;
  if (!panel.title.empty()) out["title"] = panel.title;
  if (!panel.shown) out["shown"] = false;
  if (panel.width != 1) out["width"] = panel.width;
  if (panel.model >= 0) out["model"] = panel.model;
  if (panel.image >= 0) out["image"] = panel.image;
  if (!panel.block.empty()) out["block"] = panel.block;
  if (panel.class_index) out["class"] = *panel.class_index;
  if (!panel.method.empty()) out["method"] = panel.method;
  if (!panel.parameters.empty()) out["parameters"] = panel.parameters;
  if (!panel.settings.empty()) out["settings"] = panel.settings;
  if (!panel.content.is_null()) out["content"] = panel.content;
  return out;
}

FigurePanelPlan panel_from_json(const json& object, const std::string& where, int models, int images,
                                std::optional<Error>& error) {
  FigurePanelPlan panel;
  JsonFields fields(object, where, error);
  panel.view = fields.text("view", {}, 64);
  if (panel.view.empty()) fields.refuse("view", "is missing");
  panel.title = fields.text("title");
  panel.shown = fields.flag("shown", true);
  panel.width = fields.real("width", 1, 0.1, 1);
  panel.model = static_cast<int>(fields.integer("model", -1, 0, models - 1));
  panel.image = static_cast<int>(fields.integer("image", -1, 0, images - 1));
  panel.block = fields.text("block", {}, 256);
  if (const auto index = fields.integer("class", -1, 0, 1'000'000'000); index >= 0)
    panel.class_index = static_cast<int>(index);
  panel.method = fields.text("method", {}, 64);
  if (const json* parameters = fields.object("parameters")) {
    JsonFields values(*parameters, fields.place("parameters"), error);
    for (const auto& item : parameters->items()) panel.parameters[item.key()] = values.text(item.key().c_str());
  }
  if (const json* settings = fields.object("settings")) panel.settings = *settings;
  if (const json* content = fields.object("content")) panel.content = *content;
  panel.extra = fields.unknown();
  return panel;
}

}  // namespace

const FigurePreset* preset_of(double width_mm) {
  for (const FigurePreset& preset : kFigurePresets)
    if (preset.width_mm == width_mm) return &preset;
  return nullptr;
}

json to_json(const FigurePlan& plan) {
  json out = plan.extra;
  if (!plan.title.empty()) out["title"] = plan.title;
  if (!plan.subtitle.empty()) out["subtitle"] = plan.subtitle;
  if (!plan.notes.empty()) out["notes"] = plan.notes;
  out["width_mm"] = plan.width_mm;
  out["font_pt"] = plan.font_pt;
  out["dpi"] = plan.dpi;
  out["letters"] = plan.letters;
  out["scale_bar"] = plan.scale_bar;
  out["sources"] = plan.sources;
  out["panels"] = json::array();
  for (const FigurePanelPlan& panel : plan.panels) out["panels"].push_back(to_json(panel));
  return out;
}

FigurePlan figure_plan_from_json(const json& object, std::size_t models, std::size_t images,
                                 std::optional<Error>& error) {
  FigurePlan plan;
  JsonFields fields(object, "figure", error);
  plan.title = fields.text("title");
  plan.subtitle = fields.text("subtitle");
  plan.width_mm = fields.real("width_mm", plan.width_mm, kLeastFigureWidth, kLargestFigureWidth);
  plan.font_pt = fields.real("font_pt", plan.font_pt, 4, 24);
  plan.dpi = static_cast<int>(fields.integer("dpi", plan.dpi, 30, 2400));
  plan.letters = fields.flag("letters", true);
  plan.scale_bar = fields.flag("scale_bar", true);
  plan.sources = fields.flag("sources", true);
  if (const json* notes = fields.array("notes", 100)) {
    for (std::size_t i = 0; i < notes->size(); ++i) {
      const json wrapped{{"note", (*notes)[i]}};
      plan.notes.push_back(JsonFields(wrapped, json_place("figure.notes", i), error).text("note"));
    }
  }
  if (const json* panels = fields.array("panels", 200))
    for (std::size_t i = 0; i < panels->size() && !error; ++i)
      plan.panels.push_back(panel_from_json((*panels)[i], json_place("figure.panels", i), static_cast<int>(models),
                                            static_cast<int>(images), error));
  plan.extra = fields.unknown();
  return plan;
}

}  // namespace orderscope
