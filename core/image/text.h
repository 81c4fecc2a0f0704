// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string_view>

#include "core/image/colormap.h"
#include "core/image/image.h"

namespace orderscope {

struct TextStyle {
  float size = 12;  ///< em, pixels
  bool bold = false;
  Rgb color{};
};

/// Draws UTF-8 into pictures in the built-in font (DejaVu Sans: Latin, Greek and the signs that figures need; anything
/// else shows as a box). Not to be shared by threads; cheap to make.
class TextPainter {
 public:
  TextPainter();
  ~TextPainter();

  float width(std::string_view text, const TextStyle& style);

  /// `x` is the left end and `baseline` the base line, in pixels. What falls outside the picture is left out.
  void draw(Image& image, float x, float baseline, std::string_view text, const TextStyle& style);

 private:
  struct Fonts;
  std::unique_ptr<Fonts> fonts_;
};

}  // namespace orderscope
