// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "widgets/figure/map_image.h"

namespace orderscope {

enum class AttributionScale { PerMap, PerLayer, Shared };

/// What the attribution page shows, and how it looks at it. Layers are names that mean something in every model,
/// "stage.1" (the last block of the first stage; of a segmenter or detector that level as the head is given it),
/// "levels" (those of the pyramid, of which a classifier has none) and "last" (where class activation maps are usually
/// taken), or taps.
struct AttributionSettings {
  std::vector<std::string> methods{"gradcam", "layercam", "eigencam", "integrated-gradients"};
  std::vector<std::string> layers{"stage.1", "stage.2", "stage.3", "stage.4", "levels", "last"};
  std::map<std::string, std::map<std::string, std::string>> options;  ///< of methods; those that were changed
  std::string against;  ///< a class by name; "": the class alone is explained
  AttributionScale scale = AttributionScale::PerMap;
  MapStyle style;
  std::string chosen_method = "gradcam", chosen_layer = "last";  ///< the map that is looked at closely
  std::string curve = "deletion";                                ///< "deletion", "insertion" or "road"
  bool large = false;                                            ///< the chosen map fills the page

  bool operator==(const AttributionSettings&) const = default;
};

nlohmann::json to_json(const AttributionSettings& settings);
/// Takes over what `json` knows.
void read_json(const nlohmann::json& json, AttributionSettings& settings);

}  // namespace orderscope
