// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <map>
#include <optional>

#include "widgets/figure/panel_grid.h"

namespace orderscope {

/// A range of colours that a person set, in place of the automatic one.
struct ScaleChoice {
  double low = 0;  ///< raw values; where every panel has a range of its own, fractions of it (−1 to 1 around 0)
  double high = 1;

  bool operator==(const ScaleChoice&) const = default;
};

/// By the titles of groups.
using ScaleChoices = std::map<QString, ScaleChoice>;

/// The automatic scale narrowed or widened to the choice. A signed one stays centred at 0.
ColorScale chosen_scale(const ColorScale& automatic, const ScaleChoice& choice, bool relative);

/// The grid with the choices in place of automatic ranges and all scales in the colours of its style: what is seen, for
/// whoever draws it.
PanelGrid with_choices(PanelGrid grid, const ScaleChoices& choices);

}  // namespace orderscope
