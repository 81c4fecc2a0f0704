// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace orderscope {

/// One panel of a figure: not what it looks like but how it comes about, so that it can be computed again. Panels that
/// cannot (they took hours, or a plugin's page made them) are kept as numbers: view "stored".
struct FigurePanelPlan {
  std::string view;  ///< "orders", "method", "scores" (see run_panel) or "stored"
  std::string title;
  bool shown = true;
  double width = 1;                               ///< of the figure's width; neighbours share a line while they fit
  int model = -1, image = -1;                     ///< places in the session's lists
  std::string block;                              ///< "stages.2.3"; for views of one block
  std::optional<int> class_index;                 ///< nothing: the most likely one
  std::string method;                             ///< id; for view "method"
  std::map<std::string, std::string> parameters;  ///< of the method, by its descriptor's names
  nlohmann::json settings = nlohmann::json::object();  ///< how it is drawn: see PanelSettings
  nlohmann::json content;                              ///< of a stored panel: its numbers
  nlohmann::json extra = nlohmann::json::object();     ///< fields that this version does not know, kept as they are
};

/// A figure for print as the session file describes it.
struct FigurePlan {
  std::string title, subtitle;
  std::vector<std::string> notes;  ///< lines under it, beside those on where it comes from
  double width_mm = 178;
  double font_pt = 7;                                     ///< of captions; titles are larger in proportion
  int dpi = 300;                                          ///< of a PNG
  bool letters = true, scale_bar = true, sources = true;  ///< `sources`: write under it where it comes from
  std::vector<FigurePanelPlan> panels;
  nlohmann::json extra = nlohmann::json::object();
};

/// Widths that journals ask for, mm.
struct FigurePreset {
  const char* name;
  double width_mm;
};
inline constexpr FigurePreset kFigurePresets[] = {{"One column (85 mm)", 85},
                                                  {"One and a half columns (120 mm)", 120},
                                                  {"Two columns (178 mm)", 178},
                                                  {"NeurIPS, ICLR text width (139.7 mm)", 139.7}};

inline constexpr double kLeastFigureWidth = 40, kLargestFigureWidth = 600;  ///< mm

/// What a width means in most readers' words: "Two columns (178 mm)"; nullptr for one of no preset.
const FigurePreset* preset_of(double width_mm);

nlohmann::json to_json(const FigurePlan& plan);

/// `models` and `images` are how many the session has. What is wrong goes into `error`, unless there is one already.
FigurePlan figure_plan_from_json(const nlohmann::json& json, std::size_t models, std::size_t images,
                                 std::optional<Error>& error);

}  // namespace orderscope
