// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "core/run/field_run.h"
#include "widgets/figure/map_image.h"

namespace orderscope {

/// What a tile shows of a field.
enum class FieldQuantity { Scaled, Decades, Raw };
/// The lines over it: the squares that the areas are those of, or level lines around the same shares.
enum class FieldOutline { Squares, Levels, None };

/// What the receptive field page computes, and how it looks at it.
struct ReceptiveFieldSettings {
  FieldPlan plan;
  bool control = true;             ///< also with random weights
  std::string folder;              ///< of pictures; "": the session's images
  std::set<std::string> left_out;  ///< paths of models that are no column

  FieldQuantity quantity = FieldQuantity::Scaled;
  FieldOutline outline = FieldOutline::Squares;
  bool shared_scale = false;  ///< one colour scale for all models, else one a map
  bool by_mass = false;       ///< the profile is the share within a radius
  bool log_profile = true;
  MapStyle style{.opacity = 1};

  bool operator==(const ReceptiveFieldSettings&) const = default;
};

nlohmann::json to_json(const ReceptiveFieldSettings& settings);
/// Takes over what `json` knows.
void read_json(const nlohmann::json& json, ReceptiveFieldSettings& settings);

}  // namespace orderscope
