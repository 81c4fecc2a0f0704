// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/prediction_settings.h"

#include <algorithm>

#include "app/gui/state_value.h"

namespace orderscope {

nlohmann::json to_json(const PredictionSettings& settings) {
  return {{"opacity", settings.opacity},
          {"only_chosen", settings.only_chosen},
          {"least_score", settings.least_score},
          {"hidden", settings.hidden}};
}

void read_json(const nlohmann::json& state, PredictionSettings& settings) {
  settings.opacity = std::clamp(value_or(state, "opacity", settings.opacity), 0.0, 1.0);
  settings.only_chosen = value_or(state, "only_chosen", settings.only_chosen);
  settings.least_score = std::clamp(value_or(state, "least_score", settings.least_score), 0.0, 1.0);
  const auto hidden = state.find("hidden");
  if (hidden == state.end() || !hidden->is_array()) return;
  settings.hidden.clear();
  for (const auto& name : *hidden)
    if (name.is_string()) settings.hidden.insert(name.get<std::string>());
}

}  // namespace orderscope
