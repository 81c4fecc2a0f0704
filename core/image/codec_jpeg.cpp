// SPDX-License-Identifier: GPL-3.0-or-later
// jpeglib.h takes FILE and size_t from those before it, jerror.h its types from jpeglib.h.
// clang-format off
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "core/image/codec.h"

namespace orderscope {

namespace {

// A progressive file may hold thousands of empty scans, each of which costs a pass over the picture.
constexpr int max_scans = 500;

/// libjpeg with its errors caught. libjpeg reports them by a callback that must not return, so each call into it sits
/// in a function with a setjmp and without C++ objects that the jump would skip.
class JpegReader {
 public:
  JpegReader() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) {
      auto* self = static_cast<JpegReader*>(info->client_data);
      info->err->format_message(info, self->message_);
      self->code_ = info->err->msg_code;
      std::longjmp(self->jump_, 1);
    };
    errors_.emit_message = [](j_common_ptr info, int level) {
      auto* self = static_cast<JpegReader*>(info->client_data);
      if (level >= 0) return;
      if (info->err->msg_code == JWRN_JPEG_EOF) self->truncated_ = true;
      if (info->err->num_warnings++ == 0) info->err->format_message(info, self->warning_);
    };
    errors_.output_message = [](j_common_ptr) {};
    progress_.progress_monitor = [](j_common_ptr info) {
      auto* self = static_cast<JpegReader*>(info->client_data);
      if (self->info_.input_scan_number <= max_scans) return;
      std::snprintf(self->message_, sizeof self->message_, "more than %d scans", max_scans);
      self->code_ = 0;
      std::longjmp(self->jump_, 1);
    };
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header(ImageBytes file) {
    if (setjmp(jump_)) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_mem_src(&info_, file.data(), file.size());
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&info_, TRUE);
    // Pillow's choice: gray and CMYK are converted afterwards, everything else by libjpeg.
    if (info_.num_components == 3) info_.out_color_space = JCS_RGB;
    if (info_.num_components == 4) info_.out_color_space = JCS_CMYK;
    return true;
  }

  /// `row` holds width * components bytes; `take(y)` is called when it holds row y.
  template <class Take>
  bool read_rows(std::uint8_t* row, Take take) {
    if (setjmp(jump_)) return false;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      if (truncated_) return true;
      const JDIMENSION y = info_.output_scanline;
      jpeg_read_scanlines(&info_, &row, 1);
      take(static_cast<int>(y));
    }
    jpeg_finish_decompress(&info_);  // finds out whether the end is there, as Pillow demands
    return true;
  }

  int orientation() const {
    for (const auto* marker = info_.marker_list; marker; marker = marker->next)
      if (marker->data_length > 6 && std::memcmp(marker->data, "Exif\0\0", 6) == 0)
        return exif_orientation({marker->data, marker->data_length});
    return 1;
  }

  const jpeg_decompress_struct& info() const { return info_; }
  bool truncated() const { return truncated_; }
  long warnings() const { return errors_.num_warnings; }
  const char* first_warning() const { return warning_; }

  tl::unexpected<Error> error() const {
    const bool unsupported = code_ == JERR_BAD_PRECISION || code_ == JERR_SOF_UNSUPPORTED ||
                             code_ == JERR_CONVERSION_NOTIMPL || code_ == JERR_ARITH_NOTIMPL;
    return fail(unsupported ? Error::Kind::Unsupported : Error::Kind::Broken, std::string("JPEG: ") + message_);
  }

 private:
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_{};
  char message_[JMSG_LENGTH_MAX] = "";
  char warning_[JMSG_LENGTH_MAX] = "";
  int code_ = 0;
  bool truncated_ = false;
};

// Pillow's rounding division by 255.
int multiply_255(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

void to_rgb(const std::uint8_t* in, std::uint8_t* out, int width, int components) {
  if (components == 3) {
    std::memcpy(out, in, static_cast<std::size_t>(width) * 3);
  } else if (components == 1) {
    for (int x = 0; x < width; ++x) std::memset(out + 3 * x, in[x], 3);
  } else {
    // Files hold inverted CMYK, as Adobe writes it, so `in` is 255 - ink and no profile is applied.
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) {
        const int paper = in[4 * x + 3];
        out[3 * x + c] = static_cast<std::uint8_t>(paper - multiply_255(255 - in[4 * x + c], paper));
      }
  }
}

}  // namespace

Result<CodedImage> decode_jpeg(ImageBytes file) {
  JpegReader reader;
  if (!reader.read_header(file)) return reader.error();
  const int components = reader.info().num_components;
  if (components != 1 && components != 3 && components != 4)
    return fail(Error::Kind::Unsupported, "JPEG with " + std::to_string(components) + " colour components");
  TRY_VOID(check_size(reader.info().image_width, reader.info().image_height));
  // A Huffman code is a bit at least, and every block of 8 x 8 pixels takes one. Four times that is left as a margin.
  const std::size_t blocks = std::size_t{reader.info().image_width} * reader.info().image_height / 64;
  if (!reader.info().arith_code && blocks / 32 > file.size())
    return fail(Error::Kind::Broken, "JPEG: the file is truncated or too short for its size in pixels");
  CodedImage result;
  TRY(result.image, make_image(reader.info().image_width, reader.info().image_height));
  result.orientation = reader.orientation();

  Image& image = result.image;
  std::vector<std::uint8_t> row(static_cast<std::size_t>(image.width) * components);
  if (!reader.read_rows(row.data(), [&](int y) { to_rgb(row.data(), image.row(y), image.width, components); }))
    return reader.error();
  if (reader.truncated()) return fail(Error::Kind::Broken, "JPEG: the file is truncated");
  if (reader.warnings() > 0)
    result.warnings.push_back(std::string("damaged picture data (libjpeg: ") + reader.first_warning() + ")");
  return result;
}

}  // namespace orderscope
