// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/text.h"

#include <ft2build.h>

#include <cmath>

#include FT_FREETYPE_H
#include FT_OUTLINE_H

namespace orderscope {

namespace embedded {
extern const unsigned char label_font[];
extern const std::size_t label_font_size;
extern const unsigned char label_font_bold[];
extern const std::size_t label_font_bold_size;
}  // namespace embedded

namespace {

/// The next character of a UTF-8 text, or U+FFFD for bytes that are none.
char32_t next_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC0 || lead >= 0xF8) return 0xFFFD;
  char32_t character = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if (text.empty() || (static_cast<unsigned char>(text.front()) & 0xC0) != 0x80) return 0xFFFD;
    character = character << 6 | (static_cast<unsigned char>(text.front()) & 0x3F);
    text.remove_prefix(1);
  }
  return character;
}

void blend(Image& image, int x, int y, Rgb color, int coverage) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  std::uint8_t* pixel = image.row(y) + 3 * x;
  const std::uint8_t ink[] = {color.r, color.g, color.b};
  for (int c = 0; c < 3; ++c)
    pixel[c] = static_cast<std::uint8_t>((pixel[c] * (255 - coverage) + ink[c] * coverage + 127) / 255);
}

}  // namespace

struct TextPainter::Fonts {
  FT_Library library = nullptr;
  FT_Face regular = nullptr, bold = nullptr;

  Fonts() {
    using namespace embedded;
    if (FT_Init_FreeType(&library) != 0) return;
    FT_New_Memory_Face(library, label_font, static_cast<FT_Long>(label_font_size), 0, &regular);
    FT_New_Memory_Face(library, label_font_bold, static_cast<FT_Long>(label_font_bold_size), 0, &bold);
  }
  ~Fonts() {
    FT_Done_Face(regular);
    FT_Done_Face(bold);
    FT_Done_FreeType(library);
  }
  Fonts(const Fonts&) = delete;
  Fonts& operator=(const Fonts&) = delete;

  /// Calls visit(face, x) with each glyph loaded as an outline, x being its origin; returns the width of the text.
  template <class Visit>
  float layout(std::string_view text, const TextStyle& style, Visit visit) {
    const FT_Face face = style.bold ? bold : regular;
    const auto em = static_cast<FT_F26Dot6>(std::lround(style.size * 64));
    if (!face || FT_Set_Char_Size(face, 0, em, 72, 72) != 0) return 0;
    float x = 0;
    while (!text.empty()) {
      const FT_UInt glyph = FT_Get_Char_Index(face, next_character(text));
      if (FT_Load_Glyph(face, glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0) continue;
      const float advance = static_cast<float>(face->glyph->linearHoriAdvance) / 65536;
      visit(face, x);
      x += advance;
    }
    return x;
  }
};

TextPainter::TextPainter() : fonts_(std::make_unique<Fonts>()) {}
TextPainter::~TextPainter() = default;

float TextPainter::width(std::string_view text, const TextStyle& style) {
  return fonts_->layout(text, style, [](FT_Face, float) {});
}

void TextPainter::draw(Image& image, float x, float baseline, std::string_view text, const TextStyle& style) {
  fonts_->layout(text, style, [&](FT_Face face, float offset) {
    // The outline is moved by the fraction of a pixel, so that letters keep their distances at small sizes.
    const float left = x + offset, whole_left = std::floor(left), whole_base = std::floor(baseline);
    FT_Outline_Translate(&face->glyph->outline, std::lround((left - whole_left) * 64),
                         -std::lround((baseline - whole_base) * 64));
    if (FT_Render_Glyph(face->glyph, FT_RENDER_MODE_NORMAL) != 0) return;
    const FT_Bitmap& bitmap = face->glyph->bitmap;
    const int x0 = static_cast<int>(whole_left) + face->glyph->bitmap_left;
    const int y0 = static_cast<int>(whole_base) - face->glyph->bitmap_top;
    for (int row = 0; row < static_cast<int>(bitmap.rows); ++row)
      for (int column = 0; column < static_cast<int>(bitmap.width); ++column)
        blend(image, x0 + column, y0 + row, style.color, bitmap.buffer[row * bitmap.pitch + column]);
  });
}

}  // namespace orderscope
