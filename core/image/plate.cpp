// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/plate.h"

#include <algorithm>
#include <cmath>

#include "core/image/canvas.h"
#include "core/image/ticks.h"

namespace orderscope {

namespace {

/// Where everything goes, in pixels. All distances follow from the tile's width, so that a plate drawn for print is the
/// same plate, only larger.
struct Layout {
  int tile_width = 0, tile_height = 0, columns = 0;
  float font = 0;
  int margin = 0, gap = 0, label_width = 0, title_height = 0;
  int caption_height = 0;  ///< under a tile: one or two lines
  int under_bar = 0;       ///< the bar under a tile, with its numbers
  int side_bar = 0;        ///< the bar right of a row, with its numbers

  int row_height() const { return tile_height + under_bar + caption_height + gap; }
  int tiles_left() const { return margin + label_width; }
  int top() const { return margin + title_height; }
  int x(int column) const { return tiles_left() + column * (tile_width + gap); }
  int y(int row) const { return top() + row * row_height(); }
};

int pixels(float value) { return static_cast<int>(std::lround(value)); }

const ColorScale& scale_of(const PlateRow& row, const Tile& tile) { return tile.scale ? *tile.scale : row.scale; }

std::string range_text(const Map& map) {
  const Range range = range_of(map);
  return format_range(range.low, range.high);
}

class PlatePainter {
 public:
  PlatePainter(const Image& picture, const std::vector<PlateRow>& rows, const PlateOptions& options)
      : picture_(picture), rows_(rows), options_(options), theme_(options.dark ? dark_theme : light_theme) {
    measure();
  }

  std::int64_t width() const {
    return layout_.x(0) + std::int64_t{layout_.columns} * (layout_.tile_width + layout_.gap) - layout_.gap +
           layout_.side_bar + layout_.margin;
  }
  std::int64_t height() const {
    const auto rows = static_cast<std::int64_t>(rows_.size());
    return layout_.top() + rows * layout_.row_height() - layout_.gap + layout_.margin;
  }

  Image paint() {
    Canvas canvas(static_cast<int>(width()), static_cast<int>(height()), theme_.ground);
    const float font = layout_.font;
    float baseline = static_cast<float>(layout_.margin);
    if (!options_.title.empty()) {
      baseline += 1.1F * font;
      canvas.text(float(layout_.margin), baseline, options_.title, {1.25F * font, true, theme_.ink});
      baseline += 0.5F * font;
    }
    if (!options_.subtitle.empty())
      canvas.text(float(layout_.margin), baseline + font, options_.subtitle, {font, false, theme_.muted});
    const Image small = resize_bicubic(picture_, layout_.tile_width, layout_.tile_height);
    for (int r = 0; r < static_cast<int>(rows_.size()); ++r) paint_row(canvas, r, small);
    return std::move(canvas).image();
  }

 private:
  void measure() {
    Layout& l = layout_;
    l.tile_width = options_.tile_width;
    l.tile_height = std::max(1, pixels(float(l.tile_width) * float(picture_.height) / float(picture_.width)));
    l.font = options_.font > 0 ? options_.font : std::max(9.0F, float(l.tile_width) * 0.055F);
    l.margin = pixels(1.6F * l.font);
    l.gap = pixels(0.9F * l.font);
    float label = 0, bar = 0;
    bool captions = false, two_lines = false;
    for (const PlateRow& row : rows_) {
      l.columns = std::max(l.columns, static_cast<int>(row.tiles.size()));
      if (!row.label.empty()) label = std::max(label, painter_.width(row.label, {1.05F * l.font, true, {}}));
      bar = std::max(bar, side_bar_width(painter_, row.scale, row.unit, l.font, l.tile_height));
      for (const Tile& tile : row.tiles) {
        const float caption = painter_.width(tile.caption, {l.font, false, {}});
        const TextStyle small{0.9F * l.font, false, {}};
        const float range = tile.map && options_.ranges ? painter_.width(range_text(*tile.map), small) : 0;
        captions = captions || caption > 0 || range > 0;
        two_lines = two_lines || (caption > 0 && range > 0 && caption + range + l.font > float(l.tile_width));
      }
    }
    l.label_width = label > 0 ? pixels(label + 1.2F * l.font) : 0;
    l.caption_height = captions ? pixels((two_lines ? 2.7F : 1.5F) * l.font) : 0;
    two_lines_ = two_lines;
    if (options_.bars == BarPlacement::Row) l.side_bar = pixels(bar);
    if (options_.bars == BarPlacement::Tile) l.under_bar = under_bar_height(l.font);
    if (!options_.title.empty()) l.title_height += pixels(1.9F * l.font);
    if (!options_.subtitle.empty()) l.title_height += pixels(1.5F * l.font);
    if (l.title_height > 0) l.title_height += pixels(0.6F * l.font);
  }

  void paint_row(Canvas& canvas, int r, const Image& small) {
    const PlateRow& row = rows_[r];
    const Layout& l = layout_;
    const float middle = float(l.y(r)) + 0.5F * float(l.tile_height);
    canvas.text(float(l.margin), middle + 0.37F * l.font, row.label, {1.05F * l.font, true, theme_.ink});
    for (int c = 0; c < static_cast<int>(row.tiles.size()); ++c)
      paint_tile(canvas, row, row.tiles[c], l.x(c), l.y(r), small);
    const bool has_map = std::ranges::any_of(row.tiles, [](const Tile& tile) { return tile.map && !tile.scale; });
    if (options_.bars == BarPlacement::Row && has_map)
      draw_side_bar(canvas, row.scale, row.unit,
                    {l.x(l.columns) - l.gap + pixels(l.font), l.y(r), l.tile_height, l.font}, theme_);
  }

  void paint_tile(Canvas& canvas, const PlateRow& row, const Tile& tile, int x, int y, const Image& small) {
    const Layout& l = layout_;
    const ColorScale& scale = scale_of(row, tile);
    canvas.picture(x, y, tile.map ? draw_overlay(small, *tile.map, scale, options_.overlay) : small);
    canvas.frame(x, y, l.tile_width, l.tile_height, theme_.line);
    if (options_.bars == BarPlacement::Tile && tile.map)
      draw_under_bar(canvas, scale, {x, y + l.tile_height, l.tile_width, l.font}, theme_);

    const float baseline = float(y + l.tile_height + l.under_bar) + 1.25F * l.font;
    canvas.text(float(x), baseline, tile.caption, {l.font, false, theme_.ink});
    if (!tile.map || !options_.ranges) return;
    const std::string range = range_text(*tile.map);
    const TextStyle style{0.9F * l.font, false, theme_.muted};
    if (two_lines_) {
      canvas.text(float(x), baseline + (tile.caption.empty() ? 0 : 1.2F * l.font), range, style);
    } else {
      const float right = float(x + l.tile_width) - painter_.width(range, style);
      canvas.text(tile.caption.empty() ? float(x) : right, baseline, range, style);
    }
  }

  const Image& picture_;
  const std::vector<PlateRow>& rows_;
  const PlateOptions& options_;
  const Theme& theme_;
  TextPainter painter_;
  Layout layout_;
  bool two_lines_ = false;
};

}  // namespace

Result<Image> draw_plate(const Image& picture, const std::vector<PlateRow>& rows, const PlateOptions& options) {
  const auto refuse = [](const char* why) { return fail(Error::Kind::InvalidInput, std::string("figure: ") + why); };
  if (picture.empty()) return refuse("there is no picture");
  if (options.tile_width < 8 || options.tile_width > 20'000) return refuse("tiles must be 8 to 20000 pixels wide");
  bool any = false;
  for (const PlateRow& row : rows)
    for (const Tile& tile : row.tiles) {
      any = true;
      if (tile.map && (tile.map->height < 1 || tile.map->width < 1 ||
                       tile.map->values.size() != static_cast<std::size_t>(tile.map->height) * tile.map->width))
        return refuse("a map's values do not fit its size");
    }
  if (!any) return refuse("there is no map");
  constexpr double max_pixels = 178'956'970;
  const double tile_height = static_cast<double>(options.tile_width) * picture.height / picture.width;
  if (tile_height * options.tile_width > max_pixels) return refuse("it would be too large");
  PlatePainter painter(picture, rows, options);
  if (static_cast<double>(painter.width()) * static_cast<double>(painter.height()) > max_pixels)
    return refuse("it would be too large");
  return painter.paint();
}

Result<Image> draw_overlay_with_bar(const Image& picture, const Map& map, const ColorScale& scale,
                                    const PlateOptions& options) {
  PlateOptions own_size = options;
  own_size.tile_width = picture.width;
  if (own_size.font <= 0) own_size.font = std::max(9.0F, 0.03F * float(picture.width));
  return draw_plate(picture, {{"", {{&map, "", {}}}, scale, map.unit}}, own_size);
}

}  // namespace orderscope
