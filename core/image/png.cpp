// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/png.h"

#include <png.h>

#include <csetjmp>
#include <new>

#include "core/base/files.h"

namespace orderscope {

namespace {

struct Picture {
  const std::uint8_t* pixels = nullptr;
  int width = 0, height = 0, channels = 3;
};

/// libpng leaves a failed call by a jump, so this holds everything that must be freed afterwards.
class PngWriter {
 public:
  PngWriter() {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
    if (png_) info_ = png_create_info_struct(png_);
  }
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  bool write(const Picture& picture, std::vector<png_text>& text) {
    if (!info_) return false;
    if (setjmp(jump_)) return false;
    png_set_write_fn(png_, this, on_write, [](png_structp) {});
    const int type = picture.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY;
    png_set_IHDR(png_, info_, picture.width, picture.height, 8, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (!text.empty()) png_set_text(png_, info_, text.data(), static_cast<int>(text.size()));
    png_write_info(png_, info_);
    const std::size_t stride = static_cast<std::size_t>(picture.width) * picture.channels;
    for (int y = 0; y < picture.height; ++y) png_write_row(png_, picture.pixels + y * stride);
    png_write_end(png_, info_);
    return true;
  }

  const std::string& bytes() const { return bytes_; }
  const std::string& message() const { return message_; }

 private:
  static void on_error(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngWriter*>(png_get_error_ptr(png));
    self->message_ = message;
    std::longjmp(self->jump_, 1);
  }
  static void on_write(png_structp png, png_bytep data, png_size_t size) {
    auto& bytes = static_cast<PngWriter*>(png_get_io_ptr(png))->bytes_;
    bytes.append(reinterpret_cast<const char*>(data), size);
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  std::string bytes_;
  std::string message_ = "out of memory";
};

Result<std::string> encode(const Picture& picture, std::size_t size, const PngText& text) {
  if (picture.width < 1 || picture.height < 1 ||
      size != static_cast<std::size_t>(picture.width) * picture.height * picture.channels)
    return fail(Error::Kind::InvalidInput, "there is no picture to write");
  std::vector<png_text> chunks;
  for (const auto& [keyword, value] : text) {
    png_text chunk{};
    chunk.compression = PNG_ITXT_COMPRESSION_NONE;
    chunk.key = const_cast<char*>(keyword.c_str());
    chunk.text = const_cast<char*>(value.c_str());
    chunk.itxt_length = value.size();
    chunks.push_back(chunk);
  }
  PngWriter writer;
  if (!writer.write(picture, chunks)) return fail(Error::Kind::InvalidInput, "PNG: " + writer.message());
  return writer.bytes();
}

Result<void> write(const std::filesystem::path& path, const Picture& picture, std::size_t size, const PngText& text) {
  const Result<std::string> bytes = encode(picture, size, text);
  if (!bytes) return fail(Error(bytes.error()).on(path.string()));
  return write_file(path, std::string_view(*bytes));
}

}  // namespace

Result<std::string> encode_png(const Image& image, const PngText& text) {
  return encode({image.rgb.data(), image.width, image.height, 3}, image.rgb.size(), text);
}

Result<void> write_png(const std::filesystem::path& path, const Image& image, const PngText& text) {
  return write(path, {image.rgb.data(), image.width, image.height, 3}, image.rgb.size(), text);
}

Result<void> write_gray_png(const std::filesystem::path& path, std::span<const std::uint8_t> gray, int width,
                            int height, const PngText& text) {
  return write(path, {gray.data(), width, height, 1}, gray.size(), text);
}

}  // namespace orderscope
