// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "core/base/json_fields.h"
#include "core/image/colormap.h"
#include "core/run/panel_result.h"

namespace orderscope {

using nlohmann::json;

namespace {

std::vector<std::string> quantities_from(JsonFields& fields) {
  const std::vector<std::string> all{"value", "cam", "gate", "state", "contribution"};
  const json* list = fields.array("quantities", all.size());
  if (list == nullptr) return all;
  std::vector<std::string> chosen;
  for (const json& entry : *list) {
    const std::string name = entry.is_string() ? entry.get<std::string>() : std::string();
    if (std::find(all.begin(), all.end(), name) == all.end())
      fields.refuse("quantities", "must name some of value, cam, gate, state, contribution");
    chosen.push_back(name);
  }
  return chosen;
}

std::optional<Range> range_from(JsonFields& fields) {
  const json* list = fields.array("range", 2);
  if (list == nullptr) return std::nullopt;
  if (list->size() == 2 && (*list)[0].is_number() && (*list)[1].is_number()) {
    const Range range{(*list)[0].get<float>(), (*list)[1].get<float>()};
    if (std::isfinite(range.low) && std::isfinite(range.high) && range.low < range.high) return range;
  }
  fields.refuse("range", "must be two numbers, the smaller first");
  return std::nullopt;
}

std::string one_of(JsonFields& fields, const char* name, const std::vector<std::string>& choices) {
  const std::string text = fields.text(name, choices.front());
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  fields.refuse(name, "must be one of " + list);
  return choices.front();
}

}  // namespace

Result<PanelSettings> panel_settings(const FigurePanelPlan& panel) {
  std::optional<Error> error;
  JsonFields fields(panel.settings, "settings of the panel of view " + panel.view, error);
  PanelSettings settings;
  if (const auto reduction = channel_reduction_from_string(fields.text("reduction", "mean_abs")))
    settings.reduction = *reduction;
  else
    fields.refuse("reduction", reduction.error().what);
  settings.quantities = quantities_from(fields);
  settings.part = one_of(fields, "part", {"maps", "curves", "matrices", "numbers"});
  settings.shared_scale = one_of(fields, "scale", {"map", "row"}) == "row";
  settings.colormap = fields.text("colormap", {}, 64);
  if (!settings.colormap.empty() && !colormap_named(settings.colormap))
    fields.refuse("colormap", "names no colour map: " + settings.colormap);
  settings.range = range_from(fields);
  settings.opacity = fields.real("opacity", settings.opacity, 0, 1);
  settings.interpolate = fields.flag("interpolate", true);
  settings.count = static_cast<int>(fields.integer("count", settings.count, 1, 1000));
  if (error) return fail(std::move(*error));
  return settings;
}

}  // namespace orderscope
