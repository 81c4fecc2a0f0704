// SPDX-License-Identifier: GPL-3.0-or-later
#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "core/image/codec.h"

namespace orderscope {

namespace {

/// libpng with its errors caught; like libjpeg it leaves a failed call by a jump.
class PngReader {
 public:
  explicit PngReader(ImageBytes file) : rest_(file) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
    if (png_) info_ = png_create_info_struct(png_);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool read_header() {
    if (!info_) return false;
    if (setjmp(jump_)) return false;
    png_set_read_fn(png_, this, on_read);
    png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);  // make_image() limits their product
    png_set_chunk_malloc_max(png_, 64u << 20);
    png_set_chunk_cache_max(png_, 1000);
    png_read_info(png_, info_);
    return true;
  }

  /// Expands whatever is stored to 8-bit RGB rows.
  bool read_rows(png_bytep* rows) {
    if (setjmp(jump_)) return false;
    const int type = png_get_color_type(png_, info_);
    if (png_get_bit_depth(png_, info_) == 16) png_set_strip_16(png_);  // the high byte
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
    if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png_);
    png_set_strip_alpha(png_);
    if (!(type & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    if (png_get_rowbytes(png_, info_) != std::size_t{3} * width()) png_error(png_, "unexpected row size");
    png_read_image(png_, rows);
    return true;
  }

  bool in_colour() const {
    return png_get_color_type(png_, info_) != PNG_COLOR_TYPE_PALETTE &&
           (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR);
  }

  /// Stored values, one or two bytes each in this machine's order; `bytes` is told which.
  bool read_values(std::vector<std::uint8_t>& values, int& bytes) {
    if (setjmp(jump_)) return false;
    png_set_packing(png_);
    png_set_strip_alpha(png_);
    bytes = png_get_bit_depth(png_, info_) == 16 ? 2 : 1;
    if (bytes == 2 && std::endian::native == std::endian::little) png_set_swap(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    const std::size_t row_bytes = std::size_t{width()} * bytes;
    if (png_get_rowbytes(png_, info_) != row_bytes) png_error(png_, "unexpected row size");
    for (std::uint32_t y = 0; y < height(); ++y) rows_.push_back(values.data() + y * row_bytes);
    png_read_image(png_, rows_.data());
    return true;
  }

  /// The chunks behind the picture may hold EXIF data; the picture is good without them.
  void read_end() {
    if (setjmp(jump_)) return;
    png_read_end(png_, info_);
  }

  int orientation() {
    png_uint_32 size = 0;
    png_bytep exif = nullptr;
    return png_get_eXIf_1(png_, info_, &size, &exif) ? exif_orientation({exif, size}) : 1;
  }

  std::size_t stored_row_bytes() const { return png_get_rowbytes(png_, info_); }
  std::uint32_t width() const { return png_get_image_width(png_, info_); }
  std::uint32_t height() const { return png_get_image_height(png_, info_); }
  bool gray_16() const {
    return png_get_bit_depth(png_, info_) == 16 && png_get_color_type(png_, info_) == PNG_COLOR_TYPE_GRAY;
  }
  tl::unexpected<Error> error() const { return fail(Error::Kind::Broken, std::string("PNG: ") + message_); }

 private:
  static void on_error(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(self->message_, sizeof self->message_, "%s", message);
    std::longjmp(self->jump_, 1);
  }

  static void on_read(png_structp png, png_bytep data, png_size_t size) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (size > self->rest_.size()) png_error(png, "the file is truncated");
    std::memcpy(data, self->rest_.data(), size);
    self->rest_ = self->rest_.subspan(size);
  }

  ImageBytes rest_;
  std::vector<png_bytep> rows_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  char message_[200] = "out of memory";
};

}  // namespace

Result<CodedImage> decode_png(ImageBytes file) {
  PngReader reader(file);
  if (!reader.read_header()) return reader.error();
  TRY_VOID(check_size(reader.width(), reader.height()));
  // Deflate shrinks data to 1/1032 at best: a small file cannot hold a large picture, so none is allocated for it.
  if (reader.stored_row_bytes() * reader.height() / 1032 > file.size())
    return fail(Error::Kind::Broken, "PNG: the file is too short for its size in pixels");
  CodedImage result;
  TRY(result.image, make_image(reader.width(), reader.height()));
  if (reader.gray_16())
    result.warnings.push_back("16-bit gray: shown by its high byte; Pillow's convert(\"RGB\") would clip it to white");

  std::vector<png_bytep> rows(result.image.height);
  for (int y = 0; y < result.image.height; ++y) rows[y] = result.image.row(y);
  if (!reader.read_rows(rows.data())) return reader.error();
  reader.read_end();
  result.orientation = reader.orientation();
  return result;
}

Result<LabelImage> decode_png_labels(ImageBytes file) {
  if (file.size() < 8 || png_sig_cmp(file.data(), 0, 8) != 0)
    return fail(Error::Kind::NotThisFormat, "not a PNG file, which annotations are stored as");
  PngReader reader(file);
  if (!reader.read_header()) return reader.error();
  TRY_VOID(check_size(reader.width(), reader.height()));
  if (reader.stored_row_bytes() * reader.height() / 1032 > file.size())
    return fail(Error::Kind::Broken, "PNG: the file is too short for its size in pixels");
  if (reader.in_colour())
    return fail(Error::Kind::Unsupported, "a picture in colour, not a label a pixel", {},
                "store the annotation as gray values or palette indices");
  LabelImage result{static_cast<int>(reader.width()), static_cast<int>(reader.height()), {}};
  const std::size_t count = std::size_t{reader.width()} * reader.height();
  std::vector<std::uint8_t> values(2 * count);
  int bytes = 1;
  if (!reader.read_values(values, bytes)) return reader.error();
  result.labels.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t wide = 0;
    if (bytes == 2) std::memcpy(&wide, values.data() + 2 * i, 2);
    result.labels[i] = bytes == 2 ? wide : values[i];
  }
  return result;
}

}  // namespace orderscope
