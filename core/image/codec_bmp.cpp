// SPDX-License-Identifier: GPL-3.0-or-later
#include <climits>
#include <cstdlib>

#include <opencv2/imgcodecs.hpp>

#include "core/image/codec.h"

namespace orderscope {

namespace {

std::int64_t little_endian(ImageBytes bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i) value |= std::uint32_t{bytes[at + i]} << (8 * i);
  return count == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
}

}  // namespace

// OpenCV decodes; the header is read here first, so that neither a claimed size nor a cut file gets that far.
Result<StoredImage> decode_bmp(ImageBytes file) {
  constexpr std::size_t file_header = 14;
  if (file.size() > INT_MAX) return fail(Error::Kind::Unsupported, "BMP files above 2 GiB are not supported");
  if (file.size() < file_header + 12) return fail(Error::Kind::Broken, "BMP: the file is truncated");
  const std::int64_t pixels_at = little_endian(file, 10, 4), header_size = little_endian(file, 14, 4);
  const bool os2 = header_size == 12;
  if (!os2 && (header_size < 40 || file.size() < file_header + 40))
    return fail(Error::Kind::Broken, "BMP: damaged header");
  const std::int64_t width = os2 ? little_endian(file, 18, 2) : little_endian(file, 18, 4);
  const std::int64_t height = std::abs(os2 ? little_endian(file, 20, 2) : little_endian(file, 22, 4));
  const std::int64_t bits = little_endian(file, os2 ? 24 : 28, 2);
  const std::int64_t compression = os2 ? 0 : little_endian(file, 30, 4);
  if (width <= 0 || height <= 0 || pixels_at < 0 || bits > 32) return fail(Error::Kind::Broken, "BMP: damaged header");

  constexpr int rle8 = 1, rle4 = 2, bit_fields = 3;
  if (compression < 0 || compression > bit_fields)
    return fail(Error::Kind::Unsupported, "BMP with compression " + std::to_string(compression));

  StoredImage result;
  TRY(result.image, make_image(width, height));
  const bool run_lengths = compression == rle8 || compression == rle4;
  const std::int64_t stride = (width * bits + 31) / 32 * 4;
  if (!run_lengths && pixels_at + stride * height > static_cast<std::int64_t>(file.size()))
    return fail(Error::Kind::Broken, "BMP: the file is truncated");

  try {
    const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, const_cast<std::uint8_t*>(file.data()));
    const cv::Mat bgr = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
    if (bgr.cols != width || bgr.rows != height)
      return fail(Error::Kind::Broken, "BMP: damaged, or of a kind that OpenCV cannot read");
    for (int y = 0; y < bgr.rows; ++y)
      for (int x = 0; x < bgr.cols; ++x) {
        const auto& pixel = bgr.at<cv::Vec3b>(y, x);
        std::uint8_t* out = result.image.row(y) + 3 * x;
        out[0] = pixel[2], out[1] = pixel[1], out[2] = pixel[0];
      }
  } catch (const cv::Exception& error) {
    return fail(Error::Kind::Broken, "BMP: " + error.err);
  }
  return result;
}

}  // namespace orderscope
