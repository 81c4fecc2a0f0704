// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

namespace orderscope {

/// How a segmentation or detections lie over the picture.
struct PredictionSettings {
  double opacity = 0.6;          ///< of classes and masks
  bool only_chosen = false;      ///< nothing but what is explained
  double least_score = 0.3;      ///< of boxes that are drawn, unless they are explained
  std::set<std::string> hidden;  ///< classes, by name so that another model's are the same

  bool operator==(const PredictionSettings&) const = default;
};

nlohmann::json to_json(const PredictionSettings& settings);
/// Takes what it knows and leaves the rest as it is.
void read_json(const nlohmann::json& state, PredictionSettings& settings);

}  // namespace orderscope
