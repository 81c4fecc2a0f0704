// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/panel_grid.h"

#include <algorithm>

namespace orderscope {
namespace {

double header_height(const PanelGrid& grid, const PanelMetrics& metrics) {
  return grid.columns.empty() ? 0 : metrics.header;
}

}  // namespace

double fitting_tile(const PanelGrid& grid, const PanelMetrics& metrics, QSizeF area) {
  if (grid.rows.empty()) return 1;
  const auto row_count = static_cast<double>(grid.rows.size());
  double tile =
      (area.height() - header_height(grid, metrics) - (row_count - 1) * metrics.gap) / row_count - metrics.caption;
  for (const auto& row : grid.rows) {
    double fixed = 0;
    double panels = 0;
    for (const PanelGroup& group : row) {
      const auto count = static_cast<double>(group.panels.size());
      fixed += metrics.title + metrics.bar + count * metrics.gap;
      panels += count;
    }
    if (panels > 0) tile = std::min(tile, (area.width() - fixed) / panels);
  }
  return std::max(tile, 1.0);
}

PanelLayout layout_panels(const PanelGrid& grid, const PanelMetrics& metrics, double tile) {
  PanelLayout layout;
  double y = header_height(grid, metrics);
  const double header = y;
  double width = 0;
  for (const auto& row : grid.rows) {
    auto& groups = layout.rows.emplace_back();
    double x = 0;
    for (const PanelGroup& group : row) {
      GroupLayout& placed = groups.emplace_back();
      placed.title = {x, y, metrics.title, tile};
      x += metrics.title;
      for (std::size_t i = 0; i < group.panels.size(); ++i) {
        placed.tiles.emplace_back(x, y, tile, tile + metrics.caption);
        x += tile + metrics.gap;
      }
      placed.bar = {x, y, metrics.bar, tile};
      x += metrics.bar;
    }
    width = std::max(width, x);
    y += tile + metrics.caption + metrics.gap;
  }
  // Titles of columns go on over the next groups of the first row.
  if (!layout.rows.empty())
    for (const GroupLayout& group : layout.rows.front())
      for (const QRectF& each : group.tiles)
        if (layout.columns.size() < grid.columns.size()) layout.columns.emplace_back(each.left(), 0, tile, header);
  layout.size = {width, std::max(y - metrics.gap, 0.0)};
  return layout;
}

}  // namespace orderscope
