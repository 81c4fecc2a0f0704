// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/receptive_field_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/gui/state_value.h"
#include "core/analysis/erf_protocol.h"

namespace orderscope {
namespace {

using nlohmann::json;

constexpr const char* kQuantities[] = {"scaled", "decades", "raw"};
constexpr const char* kOutlines[] = {"squares", "levels", "none"};
constexpr int kMostContours = 20;
constexpr int kLeastSize = 32, kLargestSize = 4096;
constexpr double kMostImages = 1e6, kMostResamplings = 1e5, kLargestSeed = 2147483647;

template <class Choice, std::size_t n>
void take_choice(const json& from, const char* key, const char* const (&names)[n], Choice& to) {
  const std::string name = value_or(from, key, std::string());
  for (std::size_t i = 0; i < n; ++i)
    if (name == names[i]) to = static_cast<Choice>(i);
}

/// Numbers of files may be anything, beyond what an integer holds too.
template <class T>
T limited(const json& from, const char* key, T otherwise, double least, double largest) {
  return static_cast<T>(std::clamp(value_or(from, key, static_cast<double>(otherwise)), least, largest));
}

void read_plan(const json& from, FieldPlan& plan) {
  const std::string protocol = value_or(from, "protocol", plan.protocol);
  if (erf_protocol(protocol)) plan.protocol = protocol;
  plan.layer = value_or(from, "layer", plan.layer);
  const auto size = from.find("size");
  if (size != from.end() && *size == "own") plan.size = FieldPlan::kOwnSize;
  if (size != from.end() && *size == "published") plan.size = FieldPlan::kPublishedSize;
  if (size != from.end() && size->is_number()) plan.size = limited(from, "size", kLeastSize, kLeastSize, kLargestSize);
  plan.count = limited(from, "count", plan.count, 0, kMostImages);
  plan.bootstrap = limited(from, "bootstrap", plan.bootstrap, 0, kMostResamplings);
  plan.seed = limited(from, "seed", plan.seed, 0, kLargestSeed);
  plan.by_order = value_or(from, "by_order", plan.by_order);
  plan.control_layer_scale = limited(from, "control_layer_scale", plan.control_layer_scale, 0, 1);
}

void read_style(const json& from, MapStyle& style) {
  style.interpolate = value_or(from, "interpolate", style.interpolate);
  style.contours = limited(from, "contours", style.contours, 0, kMostContours);
  const auto named = colormap_named(value_or(from, "colormap", std::string()));
  style.colormap.reset();
  if (named) style.colormap = *named;
}

}  // namespace

json to_json(const ReceptiveFieldSettings& settings) {
  const FieldPlan& plan = settings.plan;
  json result{{"protocol", plan.protocol},
              {"layer", plan.layer},
              {"count", plan.count},
              {"bootstrap", plan.bootstrap},
              {"seed", plan.seed},
              {"by_order", plan.by_order},
              {"control", settings.control},
              {"control_layer_scale", plan.control_layer_scale},
              {"folder", settings.folder},
              {"left_out", settings.left_out},
              {"quantity", kQuantities[static_cast<int>(settings.quantity)]},
              {"outline", kOutlines[static_cast<int>(settings.outline)]},
              {"shared_scale", settings.shared_scale},
              {"profile", settings.by_mass ? "mass" : "mean"},
              {"log_profile", settings.log_profile},
              {"interpolate", settings.style.interpolate},
              {"contours", settings.style.contours}};
  if (plan.size == FieldPlan::kOwnSize)
    result["size"] = "own";
  else if (plan.size == FieldPlan::kPublishedSize)
    result["size"] = "published";
  else
    result["size"] = plan.size;
  if (settings.style.colormap) result["colormap"] = name_of(*settings.style.colormap);
  return result;
}

void read_json(const json& from, ReceptiveFieldSettings& settings) {
  if (!from.is_object()) return;
  read_plan(from, settings.plan);
  settings.control = value_or(from, "control", settings.control);
  settings.folder = value_or(from, "folder", settings.folder);
  const auto left_out = from.find("left_out");
  if (left_out != from.end() && left_out->is_array()) {
    settings.left_out.clear();
    for (const json& path : *left_out)
      if (path.is_string()) settings.left_out.insert(path.get<std::string>());
  }
  take_choice(from, "quantity", kQuantities, settings.quantity);
  take_choice(from, "outline", kOutlines, settings.outline);
  settings.shared_scale = value_or(from, "shared_scale", settings.shared_scale);
  const std::string profile = value_or(from, "profile", std::string());
  if (profile == "mean" || profile == "mass") settings.by_mass = profile == "mass";
  settings.log_profile = value_or(from, "log_profile", settings.log_profile);
  read_style(from, settings.style);
}

}  // namespace orderscope
