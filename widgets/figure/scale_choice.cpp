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
  for (auto& row : grid.rows) {
    for (PanelGroup& group : row) {
      const auto found = choices.find(group.title);
      const auto seen = [&](const ColorScale& scale, bool relative) {
        return styled(found == choices.end() ? scale : chosen_scale(scale, found->second, relative), grid.style);
      };
      for (MapPanel& panel : group.panels) panel.scale = seen(panel.scale, group.relative);
      // The bar of maps with a range each stands for all of them: its ends stay "max" and "min".
      group.bar = group.relative ? styled(group.bar, grid.style) : seen(group.bar, false);
    }
  }
  return grid;
}

}  // namespace orderscope
