// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/run/batch_query.h"

namespace orderscope {

enum class DataSetOutcome { All, Right, Wrong, Disagreeing, Broken };

/// What the order charts show by depth.
enum class DepthQuantity { GateShare, StateShare, Contribution, Entropy, Scale };

/// What the data set page shows of which run. Names and not numbers, so that it holds for another run, too.
struct DataSetSettings {
  std::string run;                      ///< a run's folder; "": none
  std::string text;                     ///< in the image's path
  std::string model, label, predicted;  ///< by name; "": any
  DataSetOutcome outcome = DataSetOutcome::All;
  double least_confidence = 0, most_confidence = 1;
  BatchSort sort;
  std::string chart_model;  ///< "": that of the filter, else the first with orders
  DepthQuantity depth = DepthQuantity::GateShare;

  bool operator==(const DataSetSettings&) const = default;
};

nlohmann::json to_json(const DataSetSettings& settings);
/// Takes over what `json` knows.
void read_json(const nlohmann::json& json, DataSetSettings& settings);

/// As the store's numbers. What a run does not know (a class, a model) filters nothing.
BatchFilter filter_of(const DataSetSettings& settings, const std::vector<BatchModelInfo>& models,
                      const std::vector<std::string>& classes);

/// Class names to filter predictions by: of the chosen model, or of all where they have the same; else none.
std::vector<std::string> predicted_names(const DataSetSettings& settings, const std::vector<BatchModelInfo>& models);

}  // namespace orderscope
