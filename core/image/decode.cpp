// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <new>
#include <string_view>

#include "core/base/mapped_file.h"
#include "core/base/mapped_pages.h"
#include "core/base/sha256.h"
#include "core/image/codec.h"

namespace orderscope {

namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t at;
  std::string_view bytes;
  const char* name;
  Result<CodedImage> (*decode)(ImageBytes);  ///< null: known, but not read here
};

// A longer signature stands before its prefix.
constexpr Signature signatures[] = {
    {0, "\xFF\xD8\xFF"sv, "jpeg", decode_jpeg},
    {0, "\x89PNG\r\n\x1A\n"sv, "png", decode_png},
    {8, "WEBP"sv, "webp", decode_webp},
    {0, "II*\0"sv, "tiff", decode_tiff},
    {0, "MM\0*"sv, "tiff", decode_tiff},
    {0, "II+\0"sv, "tiff", decode_tiff},
    {0, "MM\0+"sv, "tiff", decode_tiff},
    {0, "BM"sv, "bmp", decode_bmp},
    {0, "GIF8"sv, "GIF", nullptr},
    {4, "ftypavif"sv, "AVIF", nullptr},
    {4, "ftyphei"sv, "HEIC", nullptr},
    {4, "ftypmif1"sv, "HEIF", nullptr},
    {0, "\0\0\0\x0CJXL "sv, "JPEG XL", nullptr},
    {0, "\xFF\x0A"sv, "JPEG XL", nullptr},
    {0, "\0\0\0\x0CjP  "sv, "JPEG 2000", nullptr},
    {0, "8BPS"sv, "Photoshop", nullptr},
    {0, "%PDF"sv, "PDF", nullptr},
};

const Signature* recognize(ImageBytes file) {
  for (const auto& signature : signatures) {
    if (file.size() < signature.at + signature.bytes.size()) continue;
    const bool equal = std::equal(signature.bytes.begin(), signature.bytes.end(), file.begin() + signature.at,
                                  [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
    if (equal) return &signature;
  }
  return nullptr;
}

/// The picture turned as EXIF tag 0x0112 says: 2 to 4 mirror or turn it in place, 5 to 8 also swap rows and columns.
Image oriented(const Image& stored, int orientation) {
  const bool swap = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image image{swap ? stored.height : stored.width, swap ? stored.width : stored.height, {}};
  image.rgb.resize(stored.rgb.size());
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const int column = swap ? y : x, row = swap ? x : y;
      const int source_x = from_right ? stored.width - 1 - column : column;
      const int source_y = from_bottom ? stored.height - 1 - row : row;
      std::copy_n(stored.row(source_y) + 3 * source_x, 3, image.row(y) + 3 * x);
    }
  return image;
}

Result<DecodedImage> decode_bytes(ImageBytes file, ExifOrientation exif) {
  if (file.empty()) return fail(Error::Kind::Broken, "the file is empty");
  const Signature* format = recognize(file);
  if (!format)
    return fail(Error::Kind::NotThisFormat, "not a picture of a known format", {}, "use JPEG, PNG, WebP, TIFF or BMP");
  if (!format->decode)
    return fail(Error::Kind::Unsupported, std::string(format->name) + " files are not supported", {},
                "convert it to PNG or JPEG");
  TRY(CodedImage stored, format->decode(file));
  DecodedImage result;
  result.image = std::move(stored.image);
  result.format = format->name;
  result.orientation = stored.orientation;
  result.sha256 = sha256(std::as_bytes(file));
  result.warnings = std::move(stored.warnings);
  // In a TIFF the tag is no EXIF addition but the layout of the file itself; Pillow, too, always applies it.
  const bool apply = exif == ExifOrientation::Apply || result.format == "tiff";
  if (apply && stored.orientation != 1) result.image = oriented(result.image, stored.orientation);
  return result;
}

}  // namespace

Result<void> check_size(std::uint64_t width, std::uint64_t height) {
  constexpr std::uint64_t max_pixels = 178'956'970;
  if (width == 0 || height == 0) return fail(Error::Kind::Broken, "the picture is empty");
  if (width > max_pixels || height > max_pixels || width * height > max_pixels)
    return fail(Error::Kind::OutOfMemory,
                "claims " + std::to_string(width) + " x " + std::to_string(height) + " pixels, more than the " +
                    std::to_string(max_pixels) + " allowed",
                {}, "scale it down if it is no decompression bomb");
  return {};
}

Result<Image> make_image(std::uint64_t width, std::uint64_t height) {
  TRY_VOID(check_size(width, height));
  Image image{static_cast<int>(width), static_cast<int>(height), {}};
  image.rgb.resize(width * height * 3);
  return image;
}

Result<DecodedImage> decode_image(const std::filesystem::path& path, ExifOrientation exif) {
  TRY(const auto file, MappedFile::open(path));
  const auto bytes = file->bytes();
  try {
    auto result = decode_bytes({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, exif);
    // First: a picture that is cut off while it is read looks like a damaged one.
    TRY_VOID(check_mapped(bytes.data()));
    if (!result) return fail(std::move(result).error().on(path.string()));
    return result;
  } catch (const std::bad_alloc&) {
    return fail(Error::Kind::OutOfMemory, "not enough memory to decode it", path.string());
  }
}

}  // namespace orderscope
