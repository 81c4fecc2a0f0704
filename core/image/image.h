// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/preprocessing.h"
#include "core/base/result.h"

namespace orderscope {

/// An 8-bit RGB picture, row-major, 3 bytes a pixel.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;

  const std::uint8_t* row(int y) const { return rgb.data() + static_cast<std::size_t>(y) * width * 3; }
  std::uint8_t* row(int y) { return rgb.data() + static_cast<std::size_t>(y) * width * 3; }
  bool empty() const { return rgb.empty(); }
};

/// What the EXIF orientation does. The official evaluation ignores it; people expect it applied. The orientation of a
/// TIFF belongs to the format itself and is always applied, as in Pillow.
enum class ExifOrientation { Apply, Ignore };

struct DecodedImage {
  Image image;
  std::string format;                 ///< "jpeg", "png", "webp", "tiff", "bmp"
  int orientation = 1;                ///< EXIF tag 0x0112 as stored; 1 if absent
  std::string sha256;                 ///< of the file
  std::vector<std::string> warnings;  ///< e.g. damaged scan data that still gave a picture
};

/// Decodes a file to 8-bit RGB as Pillow's convert("RGB") does: alpha dropped, palettes expanded, CMYK without profile,
/// 16-bit colour by its high byte. One difference: 16-bit gray, which Pillow clips to white, also gives its high byte,
/// with a warning. Formats: JPEG, PNG, WebP (first frame), TIFF, BMP, told apart by content.
/// Errors: FileAccess, NotThisFormat, Broken (truncated), Unsupported, OutOfMemory (claims too many pixels).
Result<DecodedImage> decode_image(const std::filesystem::path& path, ExifOrientation exif = ExifOrientation::Apply);

/// Where a preprocessed picture lies in its source, in source pixels: the map from view to photo.
struct CropBox {
  double x = 0, y = 0, width = 0, height = 0;
};

/// A picture as the model sees it.
struct InputImage {
  Image pixels;  ///< size x size, 8 bit, before normalisation
  Preprocessing preprocessing;
  CropBox crop;  ///< of `pixels` in the source image
  std::string source_sha256;
  std::string exif;  ///< "apply" or "ignore": what was used

  /// Normalised values [3, size, size]: (v / 255 - mean) / std in float32, as ToTensor and Normalize compute it.
  std::vector<float> normalized() const;
};

/// Pillow's Image.resize with BICUBIC (a = -0.5, antialiased): fixed point with 22-bit coefficients, horizontal pass
/// first, each pass rounded to uint8. Equal to the byte with Pillow before 13, and with 13 unless the height shrinks
/// much more than the width.
Image resize_bicubic(const Image& image, int width, int height);

/// The evaluation transform of `how` (resize and centre crop, or warp). Errors: InvalidInput (empty image, size < 1).
Result<InputImage> preprocess(const DecodedImage& image, const Preprocessing& how,
                              ExifOrientation exif = ExifOrientation::Apply);

}  // namespace orderscope
