// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "core/image/overlay.h"
#include "widgets/figure/panel_grid.h"

namespace orderscope::test {

/// 2 rows, 4 columns, value 10 * row + column: not square, so that swapped axes show.
inline std::shared_ptr<const Map> wide_map() {
  auto map = std::make_shared<Map>();
  map->height = 2;
  map->width = 4;
  map->values = {0, 1, 2, 3, 10, 11, 12, 13};
  return map;
}

inline MapPanel panel_of(std::shared_ptr<const Map> map, const QString& name = QStringLiteral("gate 1")) {
  MapPanel panel;
  panel.scale = scale_for(*map);
  panel.map = std::move(map);
  panel.name = name;
  return panel;
}

inline PanelGrid two_tiles() {
  PanelGroup group;
  group.title = QStringLiteral("gate");
  group.by_order = true;
  group.panels = {panel_of(wide_map(), QStringLiteral("gate 1")), panel_of(wide_map(), QStringLiteral("gate 2"))};
  group.bar = group.panels[0].scale;
  PanelGrid grid;
  grid.rows = {{group}};
  return grid;
}

}  // namespace orderscope::test
