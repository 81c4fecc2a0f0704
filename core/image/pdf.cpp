// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/pdf.h"

#include <cairo-ft.h>
#include <cairo-pdf.h>
#include <ft2build.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include FT_FREETYPE_H

#include "core/base/files.h"
#include "core/image/jpeg.h"

namespace orderscope {

namespace embedded {
extern const unsigned char label_font[];
extern const std::size_t label_font_size;
extern const unsigned char label_font_bold[];
extern const std::size_t label_font_bold_size;
}  // namespace embedded

namespace {

// In points.
constexpr double kWidth = 595, kHeight = 842, kMargin = 48, kInner = kWidth - 2 * kMargin;
constexpr double kTextSize = 9.5, kLineHeight = 13.5;

/// Bytes that are no UTF-8 would stop cairo for good.
std::string valid_utf8(const std::string& text) {
  std::string good;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                             : lead >= 0xE0                ? 3
                             : lead >= 0xC2                ? 2
                                                           : 0;
    bool whole = size > 0 && lead < 0xF5 && i + size <= text.size() && lead != 0;
    for (std::size_t k = 1; whole && k < size; ++k) whole = (static_cast<unsigned char>(text[i + k]) & 0xC0) == 0x80;
    good += whole ? text.substr(i, size) : "?";
    i += whole ? size : 1;
  }
  return good;
}

/// The built-in fonts. They live as long as the program: cairo's caches may refer to them after a document is gone.
struct Fonts {
  cairo_font_face_t* faces[2]{};  ///< regular, bold; nullptr if FreeType fails

  Fonts() {
    FT_Library library = nullptr;
    if (FT_Init_FreeType(&library) != 0) return;
    const struct {
      const unsigned char* bytes;
      std::size_t size;
    } files[] = {{embedded::label_font, embedded::label_font_size},
                 {embedded::label_font_bold, embedded::label_font_bold_size}};
    for (int i = 0; i < 2; ++i) {
      FT_Face face = nullptr;
      if (FT_New_Memory_Face(library, files[i].bytes, static_cast<FT_Long>(files[i].size), 0, &face) != 0) return;
      faces[i] = cairo_ft_font_face_create_for_ft_face(face, 0);
    }
  }
};

const Fonts& fonts() {
  static const Fonts all;
  return all;
}

}  // namespace

struct PdfDocument::State {
  std::filesystem::path path;
  std::string bytes;
  cairo_surface_t* surface = nullptr;
  cairo_t* cairo = nullptr;
  double y = kMargin;  ///< where the next thing goes
  bool empty = true;   ///< this page

  ~State() {
    if (cairo) cairo_destroy(cairo);
    if (surface) cairo_surface_destroy(surface);
  }

  bool open(const std::string& title) {
    if (!fonts().faces[0] || !fonts().faces[1]) return false;
    surface = cairo_pdf_surface_create_for_stream(
        [](void* self, const unsigned char* data, unsigned length) {
          static_cast<State*>(self)->bytes.append(reinterpret_cast<const char*>(data), length);
          return CAIRO_STATUS_SUCCESS;
        },
        this, kWidth, kHeight);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, valid_utf8(title).c_str());
    cairo = cairo_create(surface);
    return cairo_status(cairo) == CAIRO_STATUS_SUCCESS;
  }

  void new_page() {
    if (empty) return;
    cairo_show_page(cairo);
    y = kMargin;
    empty = true;
  }

  /// Room for something this high, on this page or the next.
  void reserve(double height) {
    if (y + height > kHeight - kMargin) new_page();
  }

  void font(double size, bool bold) {
    cairo_set_font_face(cairo, fonts().faces[bold ? 1 : 0]);
    cairo_set_font_size(cairo, size);
  }

  double width(const std::string& text) const {
    cairo_text_extents_t extents;
    cairo_text_extents(cairo, text.c_str(), &extents);
    return extents.x_advance;
  }

  /// A paragraph's lines, in its font.
  std::vector<std::string> lines(const std::string& text) {
    font(kTextSize, false);
    std::vector<std::string> broken;
    std::istringstream words(valid_utf8(text));
    std::string line;
    for (std::string word; words >> word;) {
      const std::string longer = line.empty() ? word : line + " " + word;
      if (width(longer) > kInner && !line.empty()) {
        broken.push_back(std::move(line));
        line = word;
      } else {
        line = longer;
      }
    }
    if (!line.empty()) broken.push_back(std::move(line));
    return broken;
  }

  void write(double x, double baseline, const std::string& text, double gray) {
    cairo_set_source_rgb(cairo, gray, gray, gray);
    cairo_move_to(cairo, x, baseline);
    cairo_show_text(cairo, text.c_str());
    empty = false;
  }
};

PdfDocument::PdfDocument(std::unique_ptr<State> state) : state_(std::move(state)) {}
PdfDocument::PdfDocument(PdfDocument&&) noexcept = default;
PdfDocument& PdfDocument::operator=(PdfDocument&&) noexcept = default;
PdfDocument::~PdfDocument() = default;

Result<PdfDocument> PdfDocument::create(const std::filesystem::path& path, const std::string& title) {
  auto state = std::make_unique<State>();
  state->path = path;
  if (!state->open(title)) return fail(Error::Kind::OutOfMemory, "a PDF cannot be begun", path.string());
  return PdfDocument(std::move(state));
}

void PdfDocument::heading(const std::string& text, int level) {
  State& s = *state_;
  const double size = level == 1 ? 18 : level == 2 ? 13 : 10.5;
  // A heading is never the last thing on a page.
  if (s.y + 2 * size + 220 > kHeight - kMargin && level > 1) s.new_page();
  if (level == 1) s.new_page();
  s.y += s.empty ? size : 1.6 * size;
  s.font(size, true);
  s.write(kMargin, s.y, valid_utf8(text), 0.1);
  s.y += 0.8 * size;
}

void PdfDocument::paragraph(const std::string& text) {
  State& s = *state_;
  for (const std::string& line : s.lines(text)) {
    s.reserve(kLineHeight);
    s.font(kTextSize, false);
    s.y += kLineHeight;
    s.write(kMargin, s.y - 3, line, 0.15);
  }
  s.y += 5;
}

void PdfDocument::picture(const Image& image, bool photo, const std::string& caption) {
  State& s = *state_;
  if (image.empty()) return paragraph(caption);
  const double below = std::min(static_cast<double>(s.lines(caption).size()) * kLineHeight + 8, kHeight / 2);
  const double room = kHeight - 2 * kMargin - below;
  double scale = std::min({0.5, kInner / image.width, room / image.height});
  // Rather a little smaller below its heading than alone on the next page.
  const double left = (kHeight - kMargin - s.y - below) / image.height;
  if (left < scale && left > 0.75 * scale) scale = left;
  const double height = scale * image.height;
  s.reserve(height + below);
  cairo_surface_t* picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, image.width, image.height);
  if (cairo_surface_status(picture) == CAIRO_STATUS_SUCCESS) {
    unsigned char* data = cairo_image_surface_get_data(picture);
    const int stride = cairo_image_surface_get_stride(picture);
    for (int y = 0; y < image.height; ++y) {
      const std::uint8_t* from = image.row(y);
      for (int x = 0; x < image.width; ++x, from += 3) {
        const std::uint32_t pixel = std::uint32_t{from[0]} << 16 | std::uint32_t{from[1]} << 8 | from[2];
        std::memcpy(data + std::ptrdiff_t{y} * stride + std::ptrdiff_t{4} * x, &pixel, sizeof pixel);
      }
    }
    cairo_surface_mark_dirty(picture);
    if (photo) {
      if (const auto jpeg = encode_jpeg(image)) {
        auto* kept = new std::string(*jpeg);
        cairo_surface_set_mime_data(
            picture, CAIRO_MIME_TYPE_JPEG, reinterpret_cast<const unsigned char*>(kept->data()), kept->size(),
            [](void* data) { delete static_cast<std::string*>(data); }, kept);
      }
    }
    cairo_save(s.cairo);
    cairo_translate(s.cairo, kMargin, s.y);
    cairo_scale(s.cairo, scale, scale);
    cairo_set_source_surface(s.cairo, picture, 0, 0);
    cairo_paint(s.cairo);
    cairo_restore(s.cairo);
    s.empty = false;
  }
  cairo_surface_destroy(picture);
  s.y += height + 4;
  paragraph(caption);
  s.y += 4;
}

void PdfDocument::table(const std::vector<std::vector<std::string>>& rows) {
  State& s = *state_;
  if (rows.empty()) return;
  constexpr double size = 8.5, line_height = 12.5, gap = 12;
  std::vector<double> widths;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    s.font(size, r == 0);
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      if (widths.size() <= c) widths.push_back(0);
      widths[c] = std::max(widths[c], s.width(valid_utf8(rows[r][c])));
    }
  }
  const auto line = [&](const std::vector<std::string>& cells, bool bold) {
    s.font(size, bold);
    s.y += line_height;
    double x = kMargin;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string text = valid_utf8(cells[c]);
      // Numbers are read by their last digits: every column but the first is flush right.
      s.write(c == 0 ? x : x + widths[c] - s.width(text), s.y - 3, text, bold ? 0.1 : 0.2);
      x += widths[c] + gap;
    }
  };
  s.reserve(std::min<double>(3, static_cast<double>(rows.size())) * line_height);
  line(rows[0], true);
  for (std::size_t r = 1; r < rows.size(); ++r) {
    if (s.y + line_height > kHeight - kMargin) {
      s.new_page();
      line(rows[0], true);
    }
    line(rows[r], false);
  }
  s.y += 8;
}

Result<void> PdfDocument::finish() {
  State& s = *state_;
  cairo_surface_finish(s.surface);
  if (cairo_surface_status(s.surface) != CAIRO_STATUS_SUCCESS)
    return fail(Error::Kind::OutOfMemory, "the PDF cannot be made", s.path.string());
  return write_file(s.path, std::string_view(s.bytes));
}

}  // namespace orderscope
