// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/scale_choice.h"

#include <algorithm>
#include <cmath>

namespace orderscope {

ColorScale chosen_scale(const ColorScale& automatic, const ScaleChoice& choice, bool relative) {
  ColorScale scale = automatic;
  const double extent = static_cast<double>(automatic.high) - automatic.low;
  if (is_signed(automatic)) {
    const double reach = std::max(std::abs(choice.low), std::abs(choice.high));
    scale.high = static_cast<float>(relative ? automatic.high * reach : reach);
    scale.low = -scale.high;
  } else {
    scale.low = static_cast<float>(relative ? automatic.low + extent * choice.low : choice.low);
    scale.high = static_cast<float>(relative ? automatic.low + extent * choice.high : choice.high);
  }
  return scale;
}

PanelGrid with_choices(PanelGrid grid, const ScaleChoices& choices) {
  if (choices.empty()) return grid;
  for (auto& row : grid.rows) {
    for (PanelGroup& group : row) {
      const auto found = choices.find(group.title);
      if (found == choices.end()) continue;
      for (MapPanel& panel : group.panels) panel.scale = chosen_scale(panel.scale, found->second, group.relative);
      if (!group.relative) group.bar = chosen_scale(group.bar, found->second, false);
    }
  }
  return grid;
}

}  // namespace orderscope
