// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/image/overlay.h"

namespace orderscope {

/// One picture of a plate. Without a map: the photograph alone, in its own colours.
struct Tile {
  const Map* map = nullptr;
  std::string caption;              ///< under the tile, "order 2"; the map's range is written beside it
  std::optional<ColorScale> scale;  ///< instead of the row's
};

struct PlateRow {
  std::string label;  ///< left of the row, "gate"
  std::vector<Tile> tiles;
  ColorScale scale;
  std::string unit;  ///< over the colour bar; may be empty
};

enum class BarPlacement { Row, Tile, None };  ///< one bar right of each row, one under each tile, no bars

struct PlateOptions {
  std::string title;
  std::string subtitle;  ///< model, layer, photograph: smaller, under the title
  int tile_width = 224;  ///< pixels; the height follows the photograph
  float font = 0;        ///< em of the labels, pixels; 0: in proportion to the tiles
  bool dark = false;     ///< the ground
  BarPlacement bars = BarPlacement::Row;
  bool ranges = true;  ///< write each map's smallest and largest value beside its caption
  OverlayOptions overlay;
};

/// A labelled figure of maps over one photograph: a row per quantity, a column per order or layer. Maps and photograph
/// cover the same area. Errors: InvalidInput (no tile, no photograph, a map whose values are not height x width, a
/// figure of more than 179 megapixels).
Result<Image> draw_plate(const Image& picture, const std::vector<PlateRow>& rows, const PlateOptions& options = {});

/// One map over the photograph at the photograph's own size, with its colour bar.
Result<Image> draw_overlay_with_bar(const Image& picture, const Map& map, const ColorScale& scale,
                                    const PlateOptions& options = {});

}  // namespace orderscope
