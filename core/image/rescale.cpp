// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/rescale.h"

#include <algorithm>
#include <new>
#include <opencv2/imgproc.hpp>

namespace orderscope {

Image resize_bilinear(const Image& image, int width, int height) {
  Image resized{width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height)};
  // OpenCV has no const view; it only reads here.
  const cv::Mat from(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.rgb.data()));
  cv::Mat to(height, width, CV_8UC3, resized.rgb.data());
  cv::resize(from, to, to.size(), 0, 0, cv::INTER_LINEAR);
  return resized;
}

std::array<int, 2> rescaled_size(int width, int height, std::array<int, 2> scale) {
  const double long_side = std::max(scale[0], scale[1]), short_side = std::min(scale[0], scale[1]);
  const double factor = std::min(long_side / std::max(width, height), short_side / std::min(width, height));
  const auto scaled = [&](int side) { return std::max(1, static_cast<int>(side * factor + 0.5)); };
  return {scaled(width), scaled(height)};
}

Result<Rescaled> rescale(const Image& image, std::array<int, 2> scale) {
  if (image.empty()) return fail(Error::Kind::InvalidInput, "there is no picture");
  if (scale[0] < 1 || scale[1] < 1 || scale[0] > 16384 || scale[1] > 16384)
    return fail(Error::Kind::InvalidInput, "the size to scale to is not between 1 and 16384");
  try {
    const auto [width, height] = rescaled_size(image.width, image.height, scale);
    Rescaled result;
    result.pixels = resize_bilinear(image, width, height);
    result.scale = {static_cast<float>(static_cast<double>(width) / image.width),
                    static_cast<float>(static_cast<double>(height) / image.height)};
    return result;
  } catch (const std::bad_alloc&) {
    return fail(Error::Kind::OutOfMemory, "not enough memory to resize the picture");
  } catch (const cv::Exception& error) {
    return fail(Error::Kind::OutOfMemory, std::string("the picture cannot be resized: ") + error.err);
  }
}

}  // namespace orderscope
