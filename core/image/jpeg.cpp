// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/jpeg.h"

#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

namespace orderscope {

namespace {

struct Encoder {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  std::jmp_buf jump{};
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  ~Encoder() {
    jpeg_destroy_compress(&info);
    std::free(bytes);
  }

  /// libjpeg leaves a failed call by a jump: no C++ object may be made here.
  bool run(const Image& image, int quality) {
    info.err = jpeg_std_error(&errors);
    info.client_data = this;
    errors.error_exit = [](j_common_ptr failed) { std::longjmp(static_cast<Encoder*>(failed->client_data)->jump, 1); };
    errors.output_message = [](j_common_ptr) {};
    if (setjmp(jump)) return false;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = static_cast<JDIMENSION>(image.width);
    info.image_height = static_cast<JDIMENSION>(image.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
      JSAMPROW row = const_cast<JSAMPROW>(image.row(static_cast<int>(info.next_scanline)));
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
  }
};

}  // namespace

Result<std::string> encode_jpeg(const Image& image, int quality) {
  if (image.width < 1 || image.height < 1 ||
      image.rgb.size() != static_cast<std::size_t>(image.width) * image.height * 3)
    return fail(Error::Kind::InvalidInput, "there is no picture to write", "jpeg");
  Encoder encoder;
  if (!encoder.run(image, quality))
    return fail(Error::Kind::InvalidInput, "this picture cannot be written as JPEG", "jpeg");
  return std::string(reinterpret_cast<const char*>(encoder.bytes), encoder.size);
}

}  // namespace orderscope
