// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>

#include "widgets/figure/map_image.h"

namespace orderscope {

enum class CompareRows { Stages, Maps };
enum class CompareScale { Shared, PerRow, PerImage };

/// Two layers beside each other: where a cell of the similarity matrix leads.
struct CompareLayers {
  std::string model_a, model_b;  ///< paths
  int block_a = 0, block_b = 0;

  bool operator==(const CompareLayers&) const = default;
};

/// Two of the models, by paths.
struct ComparePair {
  std::string model_a, model_b;

  bool operator==(const ComparePair&) const = default;
};

/// How the compare page looks at what it has.
struct CompareSettings {
  CompareRows rows = CompareRows::Stages;
  /// "energy", "pca", "gradcam", "attention", or the id of another method.
  std::string quantity = "energy";
  int stage = -1;  ///< from 0, of the rows of maps; -1: the last
  CompareScale scale = CompareScale::PerRow;
  MapStyle style;
  bool divide = false;                 ///< one model's maps uncover another's
  std::optional<ComparePair> divided;  ///< which; nothing, or models that are no columns: the first two
  std::string class_name;              ///< "": the most likely one of the first model
  std::set<std::string> left_out;      ///< paths of models that are no column
  bool by_depth = false;               ///< the spectrum: over depth at a degree, else over the degree
  int degree = 1;
  std::optional<CompareLayers> layers;
  std::optional<ComparePair> similarity;  ///< whose blocks the matrix compares; nothing: the first two columns
  double least_score = 0.3;               ///< of detectors' boxes that are drawn and compared

  bool operator==(const CompareSettings&) const = default;
};

nlohmann::json to_json(const CompareSettings& settings);
/// Takes over what `json` knows.
void read_json(const nlohmann::json& json, CompareSettings& settings);

}  // namespace orderscope
