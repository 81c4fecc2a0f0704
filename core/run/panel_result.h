// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/reduction.h"
#include "core/analysis/values.h"
#include "core/image/image.h"
#include "core/run/figure_plan.h"

namespace orderscope {

/// How a panel of maps is computed and drawn, as the plan's `settings` say it.
struct PanelSettings {
  ChannelReduction reduction = ChannelReduction::MeanAbs;  ///< "reduction": "mean", "mean_abs", "l2"; view "orders"
  std::vector<std::string> quantities;  ///< "quantities"; view "orders": of value, cam, gate, state, contribution
  std::string part = "maps";            ///< "part"; view "method": "maps", "curves", "matrices" or "numbers"
  bool shared_scale = false;            ///< "scale": "row" (true) or "map"
  std::string colormap;                 ///< "colormap"; empty: what suits the maps
  std::optional<Range> range;           ///< "range": [low, high], of all maps of the panel
  double opacity = 0.7;                 ///< "opacity" of the maps over the picture
  bool interpolate = true;              ///< "interpolate"
  int count = 5;                        ///< "count"; view "scores"
};

/// Errors: Broken, naming the setting.
Result<PanelSettings> panel_settings(const FigurePanelPlan& panel);

/// Maps that belong together: one row of a panel, one colour bar.
struct MapGroup {
  struct Entry {
    std::string name;   ///< "gate 3": unique in the panel
    std::string label;  ///< "order 3": under the map
    Map map;
  };
  std::string title, subtitle;
  std::vector<Entry> maps;
  bool own_scale = false;  ///< one map of another kind: never scaled with a row
  bool same_line = false;  ///< beside the group before it
};

/// A table of words and numbers.
struct Table {
  struct Cell {
    std::string text;             ///< as it is printed
    std::optional<double> value;  ///< of a number, with all its digits
  };
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;  ///< each as long as `columns`
};

/// The numbers behind a panel. Only one kind of them is there.
struct PanelResult {
  Image picture;  ///< what the maps lie over, as the model saw it
  std::vector<MapGroup> groups;
  std::vector<Curve> curves;
  std::vector<Matrix> matrices;
  Table table;
  std::string title, subtitle;     ///< "hornet-7x7   stages.2.3", "gnConv of order 4 · chelsea.png · tabby 0.912"
  std::vector<std::string> notes;  ///< what was computed, in words
  Provenance provenance;           ///< of all of it
};

}  // namespace orderscope
