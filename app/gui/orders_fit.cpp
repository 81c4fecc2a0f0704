// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_fit.h"

#include <algorithm>
#include <cmath>

#include "widgets/map_grid.h"
#include "widgets/map_tile.h"
#include "widgets/theme.h"

namespace orderscope {

void set_section_tiles(MapGrid& grid) {
  grid.set_title_width(kSectionTitles);
  grid.set_smallest_tile(kSmallestSectionTile);
  grid.set_largest_tile(kLargestSectionTile);
}

void fit_height(MapGrid& grid, int rows, int columns, int width) {
  if (rows < 1 || columns < 1) return;
  const double room = static_cast<double>(width - kSectionTitles - kSectionBar) / columns - 2 * kStep;
  const double tile = std::clamp(room, kSmallestSectionTile, kLargestSectionTile);
  const double row = tile + MapTile::caption_height(grid.font()) + 3 * kStep;
  grid.setFixedHeight(std::max(static_cast<int>(std::ceil(rows * row)), grid.minimumSizeHint().height()));
}

}  // namespace orderscope
