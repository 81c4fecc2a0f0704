// SPDX-License-Identifier: GPL-3.0-or-later
// One decoder per file format, for decode.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/image/image.h"
#include "core/image/label_image.h"

namespace orderscope {

using ImageBytes = std::span<const std::uint8_t>;

/// A picture in the order in which it is stored: EXIF orientation is reported, not applied.
struct CodedImage {
  Image image;
  int orientation = 1;
  std::vector<std::string> warnings;
};

// Each takes a whole file that starts with its format's signature. Errors: Broken, Unsupported, OutOfMemory.
Result<CodedImage> decode_jpeg(ImageBytes file);
Result<CodedImage> decode_png(ImageBytes file);
Result<CodedImage> decode_webp(ImageBytes file);
Result<CodedImage> decode_tiff(ImageBytes file);
Result<CodedImage> decode_bmp(ImageBytes file);

/// The values of a gray or palette PNG as they are stored. Errors: as decode_png; NotThisFormat for another file.
Result<LabelImage> decode_png_labels(ImageBytes file);

/// OutOfMemory above Pillow's limit for decompression bombs (178,956,970 pixels), Broken without any pixels.
Result<void> check_size(std::uint64_t width, std::uint64_t height);

/// A black picture of a size that passes check_size.
Result<Image> make_image(std::uint64_t width, std::uint64_t height);

/// The orientation (1 to 8) in a block of EXIF data, with or without the leading "Exif\0\0"; 1 if there is none or if
/// it is damaged.
int exif_orientation(ImageBytes exif);

}  // namespace orderscope
