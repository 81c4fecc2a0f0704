// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/attribution_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/state_value.h"

namespace orderscope {
namespace {

using nlohmann::json;

constexpr const char* kScales[] = {"map", "layer", "shared"};

void take_names(const json& from, const char* key, std::vector<std::string>& to) {
  const auto found = from.find(key);
  if (found == from.end() || !found->is_array()) return;
  std::vector<std::string> names;
  for (const json& name : *found)
    if (name.is_string() && std::ranges::find(names, name.get<std::string>()) == names.end())
      names.push_back(name.get<std::string>());
  if (!names.empty()) to = names;
}

void take_options(const json& from, AttributionSettings& settings) {
  const auto found = from.find("options");
  if (found == from.end() || !found->is_object()) return;
  settings.options.clear();
  for (const auto& [method, values] : found->items()) {
    if (!values.is_object()) continue;
    for (const auto& [name, value] : values.items())
      if (value.is_string()) settings.options[method][name] = value.get<std::string>();
  }
}

std::optional<Colormap> colormap_of(const json& from, const char* key) {
  const auto known = colormap_named(value_or(from, key, std::string()));
  return known ? std::optional(*known) : std::nullopt;
}

}  // namespace

json to_json(const AttributionSettings& settings) {
  json result{{"methods", settings.methods},
              {"layers", settings.layers},
              {"options", settings.options},
              {"against", settings.against},
              {"scale", kScales[static_cast<int>(settings.scale)]},
              {"opacity", settings.style.opacity},
              {"interpolate", settings.style.interpolate},
              {"contours", settings.style.contours},
              {"chosen_method", settings.chosen_method},
              {"chosen_layer", settings.chosen_layer},
              {"curve", settings.curve},
              {"large", settings.large}};
  if (settings.style.colormap) result["colormap"] = name_of(*settings.style.colormap);
  if (settings.style.signed_colormap) result["signed_colormap"] = name_of(*settings.style.signed_colormap);
  return result;
}

void read_json(const json& from, AttributionSettings& settings) {
  if (!from.is_object()) return;
  take_names(from, "methods", settings.methods);
  take_names(from, "layers", settings.layers);
  take_options(from, settings);
  settings.against = value_or(from, "against", settings.against);
  const std::string scale = value_or(from, "scale", std::string());
  for (int i = 0; i < 3; ++i)
    if (scale == kScales[i]) settings.scale = static_cast<AttributionScale>(i);
  MapStyle& style = settings.style;
  style.opacity = std::clamp(value_or(from, "opacity", style.opacity), 0.0, 1.0);
  style.interpolate = value_or(from, "interpolate", style.interpolate);
  style.contours = static_cast<int>(std::clamp(value_or(from, "contours", style.contours * 1.0), 0.0, 20.0));
  style.colormap = colormap_of(from, "colormap");
  style.signed_colormap = colormap_of(from, "signed_colormap");
  settings.chosen_method = value_or(from, "chosen_method", settings.chosen_method);
  settings.chosen_layer = value_or(from, "chosen_layer", settings.chosen_layer);
  const std::string curve = value_or(from, "curve", std::string());
  if (curve == "deletion" || curve == "insertion" || curve == "road") settings.curve = curve;
  settings.large = value_or(from, "large", settings.large);
}

}  // namespace orderscope
