// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/resize_linear.h"

#include <algorithm>
#include <new>
#include <opencv2/imgproc.hpp>

#include "core/image/codec.h"

namespace orderscope {

Result<Image> resize_linear(const Image& image, int width, int height) {
  if (image.empty() || width < 1 || height < 1)
    return fail(Error::Kind::InvalidInput, "there is no picture of " + std::to_string(width) + " x " +
                                               std::to_string(height) + " pixels to be made");
  if (image.width == width && image.height == height) return image;
  TRY(Image resized, make_image(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height)));
  const cv::Mat from(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.rgb.data()));
  cv::Mat to(height, width, CV_8UC3, resized.rgb.data());
  try {
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_LINEAR);
  } catch (const cv::Exception& error) {
    return fail(Error::Kind::OutOfMemory, "the picture cannot be resized: " + error.err);
  }
  return resized;
}

ImageSize rescaled_size(ImageSize size, int long_side, int short_side) {
  const double larger = std::max(size.width, size.height), smaller = std::min(size.width, size.height);
  const double factor = std::min(std::max(long_side, short_side) / larger, std::min(long_side, short_side) / smaller);
  const auto scaled = [&](int side) { return std::max(static_cast<int>(side * factor + 0.5), 1); };
  return {scaled(size.width), scaled(size.height)};
}

}  // namespace orderscope
