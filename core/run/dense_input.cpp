// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/dense_input.h"

#include <ATen/ATen.h>

#include "core/base/guard.h"
#include "core/image/resize_linear.h"

namespace orderscope {

namespace {

/// [1, 3, H, W]: (v - mean) / std, padded with zeros up to multiples.
at::Tensor normalized(const Image& image, const DensePreprocessing& how) {
  const at::Tensor bytes =
      at::from_blob(const_cast<std::uint8_t*>(image.rgb.data()), {1, image.height, image.width, 3}, at::kByte);
  const at::Tensor mean = at::tensor(at::ArrayRef<float>(how.mean.data(), 3));
  const at::Tensor std = at::tensor(at::ArrayRef<float>(how.std.data(), 3));
  const at::Tensor values = ((bytes.to(at::kFloat) - mean) / std).permute({0, 3, 1, 2});
  const auto missing = [&](int side) { return (how.multiple - side % how.multiple) % how.multiple; };
  return at::constant_pad_nd(values, {0, missing(image.width), 0, missing(image.height)}).contiguous();
}

/// The picture with black where the input is padded.
Image with_padding(Image image, std::int64_t height, std::int64_t width) {
  if (image.height == height && image.width == width) return image;
  Image padded{static_cast<int>(width), static_cast<int>(height), {}};
  padded.rgb.resize(static_cast<std::size_t>(3 * width * height));
  for (int y = 0; y < image.height; ++y) std::copy_n(image.row(y), std::size_t{3} * image.width, padded.row(y));
  return padded;
}

}  // namespace

std::array<float, 2> DenseInput::scale() const {
  return {static_cast<float>(static_cast<double>(resized[0]) / static_cast<double>(original[0])),
          static_cast<float>(static_cast<double>(resized[1]) / static_cast<double>(original[1]))};
}

DensePreprocessing resized_short_side(DensePreprocessing how, int size) {
  if (size < 1) return how;
  how.long_side = static_cast<int>(std::int64_t{size} * how.long_side / how.short_side);
  how.short_side = size;
  return how;
}

std::string describe(const DensePreprocessing& how) {
  std::string text = "resize into " + std::to_string(how.long_side) + " x " + std::to_string(how.short_side) +
                     " keeping the ratio, bilinear";
  if (how.multiple > 1) text += ", pad to multiples of " + std::to_string(how.multiple);
  return text;
}

Result<DenseInput> prepare_dense(const DecodedImage& decoded, const DensePreprocessing& how, ExifOrientation exif) {
  DenseInput result;
  result.photo = decoded.image;
  const ImageSize size = rescaled_size({result.photo.width, result.photo.height}, how.long_side, how.short_side);
  TRY(Image resized, resize_linear(result.photo, size.width, size.height));
  result.original = {result.photo.height, result.photo.width};
  result.resized = {size.height, size.width};
  TRY_VOID(guarded([&] { result.input.images = normalized(resized, how); }));
  result.padded = {result.input.images.size(2), result.input.images.size(3)};
  result.input.picture = with_padding(std::move(resized), result.padded[0], result.padded[1]);
  result.input.sha256 = decoded.sha256;
  result.input.preprocessing = describe(how) + ", exif " + (exif == ExifOrientation::Apply ? "apply" : "ignore");
  return result;
}

Result<DenseInput> read_dense_image(const std::filesystem::path& path, const DensePreprocessing& how,
                                    ExifOrientation exif) {
  TRY(const DecodedImage decoded, decode_image(path, exif));
  return prepare_dense(decoded, how, exif);
}

Result<DenseInput> read_dense_array(const std::filesystem::path& path, const DensePreprocessing& how,
                                    std::array<std::int64_t, 2> original, std::array<std::int64_t, 2> resized) {
  Preprocessing plain;  // to draw the array as a picture
  for (std::size_t c = 0; c < 3; ++c) {
    plain.mean[c] = how.mean[c] / 255;
    plain.std[c] = how.std[c] / 255;
  }
  DenseInput result;
  TRY(result.input, read_array_input(path, plain));
  const at::Tensor& images = result.input.images;
  if (images.size(0) != 1) {
    return fail(Error::Kind::InvalidInput,
                "holds " + std::to_string(images.size(0)) + " images; a segmenter or detector is given one at a time",
                path.string());
  }
  result.padded = {images.size(2), images.size(3)};
  result.original = original[0] > 0 ? original : result.padded;
  result.resized = resized[0] > 0 ? resized : result.padded;
  if (result.resized[0] > result.padded[0] || result.resized[1] > result.padded[1])
    return fail(Error::Kind::InvalidInput, "the image's size without padding is larger than the array", path.string());
  return result;
}

}  // namespace orderscope
