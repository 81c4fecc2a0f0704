// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <new>

#include "core/image/resample.h"

namespace orderscope {

namespace {

constexpr int max_size = 16384;

/// Python's int(round(x / 2.0)): half to even.
int round_half(int x) {
  const int down = x / 2;
  return x % 2 == 0 ? down : down + down % 2;
}

/// torchvision's Resize(short side) and CenterCrop(size): the region of the resized picture that is kept.
Result<InputImage> crop_centre(const Image& image, const Preprocessing& how) {
  const double short_side = std::floor(how.size / how.crop_pct);
  if (!(how.crop_pct > 0) || !(short_side >= 1 && short_side <= 2 * max_size))
    return fail(Error::Kind::InvalidInput, "crop_pct " + std::to_string(how.crop_pct) + " makes no sense");
  const bool portrait = image.width <= image.height;
  const double scaled = short_side * std::max(image.width, image.height) / std::min(image.width, image.height);
  if (scaled > INT_MAX) return fail(Error::Kind::InvalidInput, "the picture is too narrow to be resized for the model");
  const int long_side = static_cast<int>(scaled);
  const int width = portrait ? static_cast<int>(short_side) : long_side;
  const int height = portrait ? long_side : static_cast<int>(short_side);

  // With crop_pct > 1 the resized picture may be smaller than the crop. CenterCrop then pads with black first: half of
  // what is missing, rounded down, goes to the left and top.
  const auto pad = [&](int side) { return std::max(how.size - side, 0) / 2; };
  const auto offset = [&](int side) { return round_half(std::max(side - how.size, 0)); };
  const Region region{offset(width), offset(height), std::min(width, how.size), std::min(height, how.size)};
  const int left = pad(width), top = pad(height);
  InputImage result;
  result.pixels = resize_bicubic_region(image, width, height, region);
  if (region.width < how.size || region.height < how.size) {
    Image padded{how.size, how.size, std::vector<std::uint8_t>(std::size_t{3} * how.size * how.size)};
    for (int y = 0; y < region.height; ++y)
      std::copy_n(result.pixels.row(y), std::size_t{3} * region.width, padded.row(top + y) + std::size_t{3} * left);
    result.pixels = std::move(padded);
  }
  const double x_scale = static_cast<double>(image.width) / width;
  const double y_scale = static_cast<double>(image.height) / height;
  result.crop = {(region.x - left) * x_scale, (region.y - top) * y_scale, how.size * x_scale, how.size * y_scale};
  return result;
}

}  // namespace

Result<InputImage> preprocess(const DecodedImage& image, const Preprocessing& how, ExifOrientation exif) {
  if (image.image.empty()) return fail(Error::Kind::InvalidInput, "there is no picture");
  if (how.size < 1 || how.size > max_size)
    return fail(Error::Kind::InvalidInput,
                "input size " + std::to_string(how.size) + " is not between 1 and " + std::to_string(max_size));
  try {
    InputImage result;
    if (how.warp) {
      result.pixels = resize_bicubic(image.image, how.size, how.size);
      result.crop = {0, 0, static_cast<double>(image.image.width), static_cast<double>(image.image.height)};
    } else {
      TRY(result, crop_centre(image.image, how));
    }
    result.preprocessing = how;
    result.source_sha256 = image.sha256;
    result.exif = exif == ExifOrientation::Apply ? "apply" : "ignore";
    return result;
  } catch (const std::bad_alloc&) {
    return fail(Error::Kind::OutOfMemory, "not enough memory to resize the picture");
  }
}

std::vector<float> InputImage::normalized() const {
  const std::size_t area = pixels.rgb.size() / 3;
  std::vector<float> values(3 * area);
  for (std::size_t c = 0; c < 3; ++c) {
    // One rounding to float32 a step, as the tensor operations of ToTensor and Normalize do.
    std::array<float, 256> table{};
    for (int v = 0; v < 256; ++v) {
      const float unit = static_cast<float>(v) / 255.0F;
      const float centred = unit - preprocessing.mean[c];
      table[v] = centred / preprocessing.std[c];
    }
    for (std::size_t i = 0; i < area; ++i) values[c * area + i] = table[pixels.rgb[3 * i + c]];
  }
  return values;
}

}  // namespace orderscope
