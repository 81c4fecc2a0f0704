// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/image/colormap.h"
#include "core/image/image.h"
#include "core/image/text.h"

namespace orderscope {

/// The greys of a figure.
struct Theme {
  Rgb ground, ink, muted, line;
};
inline constexpr Theme light_theme{{255, 255, 255}, {28, 28, 30}, {96, 98, 104}, {190, 192, 196}};
inline constexpr Theme dark_theme{{32, 33, 36}, {228, 229, 232}, {154, 157, 163}, {70, 73, 78}};

struct CanvasPoint {
  float x = 0, y = 0;
};

/// A picture under construction. Whatever falls outside is left out.
class Canvas {
 public:
  Canvas(int width, int height, Rgb ground);

  void fill(int x, int y, int width, int height, Rgb color);
  void frame(int x, int y, int width, int height, Rgb color);  ///< one pixel wide, inside
  void picture(int x, int y, const Image& image);
  void text(float x, float baseline, std::string_view text, const TextStyle& style);
  /// Reads upwards; its first letter's base line starts at this point.
  void upward_text(float baseline, float bottom, std::string_view text, const TextStyle& style);
  /// Smooth lines through the points; `dash` is the length of strokes and gaps, 0 for none.
  void polyline(std::span<const CanvasPoint> points, float width, Rgb color, float dash = 0);
  void polygon(std::span<const CanvasPoint> points, Rgb color, float opacity);
  float text_width(std::string_view text, const TextStyle& style) { return painter_.width(text, style); }

  Image image() && { return std::move(image_); }

 private:
  Image image_;
  TextPainter painter_;
};

/// A vertical bar with its top left corner here, low values at the bottom.
struct SideBar {
  int x = 0, y = 0, height = 0;
  float font = 0;
};
void draw_side_bar(Canvas& canvas, const ColorScale& scale, std::string_view unit, const SideBar& bar,
                   const Theme& theme);

/// Room that it takes to the right of the tiles, the gap before it included.
float side_bar_width(TextPainter& painter, const ColorScale& scale, std::string_view unit, float font, int height);

/// A horizontal bar under a tile whose lower left corner is here.
struct UnderBar {
  int x = 0, y = 0, width = 0;
  float font = 0;
};
void draw_under_bar(Canvas& canvas, const ColorScale& scale, const UnderBar& bar, const Theme& theme);
int under_bar_height(float font);

}  // namespace orderscope
