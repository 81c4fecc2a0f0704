// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace orderscope {

class MapGrid;

/// Beside a row of tiles of a section below the maps: titles and colour bar, in pixels.
inline constexpr int kSectionTitles = 92, kSectionBar = 72;
inline constexpr double kSmallestSectionTile = 42, kLargestSectionTile = 150;

/// Title width and tile sizes of such a section.
void set_section_tiles(MapGrid& grid);

/// In a scrolled column a grid gets the height that it asks for: as much as fills the width.
void fit_height(MapGrid& grid, int rows, int columns, int width);

}  // namespace orderscope
