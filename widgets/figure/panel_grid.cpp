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

PanelGrid wrapped(const PanelGrid& grid, std::size_t most) {
  most = std::max<std::size_t>(most, 1);
  std::size_t widest = 0;
  for (const auto& row : grid.rows) {
    std::size_t panels = 0;
    for (const PanelGroup& group : row) panels += group.panels.size();
    widest = std::max(widest, panels);
  }
  if (widest <= most) return grid;
  PanelGrid result = grid;
  result.rows.clear();
  result.columns.clear();
  for (const auto& row : grid.rows) {
    std::size_t column = 0;
    for (const PanelGroup& group : row) {
      const std::size_t count = group.panels.size(), lines = (count + most - 1) / most;
      // Eight in rows of at most five: four and four.
      const std::size_t each = lines == 0 ? 1 : (count + lines - 1) / lines;
      PanelGroup part = group;
      if (&group != &row.front() && part.subtitle.isEmpty()) part.subtitle = row.front().title;
      for (std::size_t start = 0; start < count; start += each) {
        const auto first = group.panels.begin() + static_cast<std::ptrdiff_t>(start);
        part.panels.assign(first, first + static_cast<std::ptrdiff_t>(std::min(each, count - start)));
        part.continued = start > 0;
        for (MapPanel& panel : part.panels) {
          if (column >= grid.columns.size()) continue;
          panel.detail = panel.detail.isEmpty() ? panel.label : panel.label + QStringLiteral("   ") + panel.detail;
          panel.label = grid.columns[column++].title;
        }
        result.rows.push_back({part});
      }
    }
  }
  return result;
}

PanelGrid wrapped(const PanelGrid& grid, const PanelMetrics& metrics, double width, double tile) {
  constexpr double kAnyHeight = 1e7;
  if (fitting_tile(grid, metrics, {width, kAnyHeight}) >= tile) return grid;
  const double room = width - metrics.title - metrics.bar;
  return wrapped(grid, static_cast<std::size_t>(std::max(room / (tile + metrics.gap), 1.0)));
}

}  // namespace orderscope
