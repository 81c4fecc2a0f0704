// SPDX-License-Identifier: GPL-3.0-or-later
// Windows and OS/2 bitmaps after Microsoft's description of BITMAPFILEHEADER, BITMAPINFOHEADER and BITMAPV5HEADER.
// OpenCV reads neither run lengths nor 16 bit a pixel under the newer headers.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "core/image/codec.h"

namespace orderscope {

namespace {

using Rgb = std::array<std::uint8_t, 3>;

constexpr std::uint32_t uncompressed = 0, rle8 = 1, rle4 = 2, bit_fields = 3, alpha_bit_fields = 6;

std::uint32_t little_endian(const std::uint8_t* at, int bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= std::uint32_t{at[i]} << (8 * i);
  return value;
}

struct Header {
  std::int64_t width = 0, height = 0;
  bool top_down = false;
  std::uint32_t bits = 0, compression = uncompressed;
  std::array<std::uint32_t, 3> masks{};  ///< of red, green, blue in a 16- or 32-bit pixel
  std::vector<Rgb> palette;
  ImageBytes pixels;
};

Result<Header> read_header(ImageBytes file) {
  constexpr std::size_t file_header = 14;
  const auto broken = [](const char* why) { return fail(Error::Kind::Broken, std::string("BMP: ") + why); };
  if (file.size() < file_header + 12) return broken("the file is truncated");
  const std::size_t size = little_endian(file.data() + 14, 4);
  const bool os2 = size == 12;
  if (!os2 && (size < 40 || size > 1000)) return broken("damaged header");
  if (file.size() < file_header + size) return broken("the file is truncated");

  const std::uint8_t* info = file.data() + file_header;
  Header header;
  const auto height = static_cast<std::int32_t>(os2 ? little_endian(info + 6, 2) : little_endian(info + 8, 4));
  header.width = static_cast<std::int32_t>(os2 ? little_endian(info + 4, 2) : little_endian(info + 4, 4));
  header.height = std::abs(std::int64_t{height});
  header.top_down = height < 0;
  header.bits = little_endian(info + (os2 ? 10 : 14), 2);
  if (!os2) header.compression = little_endian(info + 16, 4);
  if (header.width <= 0 || header.height == 0) return broken("damaged header");
  if (!std::ranges::count(std::array{1, 2, 4, 8, 16, 24, 32}, static_cast<int>(header.bits)))
    return broken("damaged header");

  std::size_t next = file_header + size;
  if (header.compression == bit_fields || header.compression == alpha_bit_fields) {
    // Newer headers hold the masks; behind the oldest one they follow.
    const std::size_t at = file_header + 40;
    if (size == 40) next += header.compression == bit_fields ? 12 : 16;
    if (file.size() < at + 12) return broken("the file is truncated");
    for (std::size_t i = 0; i < 3; ++i) header.masks[i] = little_endian(file.data() + at + 4 * i, 4);
  } else if (header.bits == 16) {
    header.masks = {0x7C00, 0x03E0, 0x001F};
  } else if (header.bits == 32) {
    header.masks = {0xFF0000, 0x00FF00, 0x0000FF};
  }
  if (header.bits <= 8) {
    const std::size_t entry = os2 ? 3 : 4, used = os2 ? 0 : little_endian(info + 32, 4);
    const std::size_t colours = std::min<std::size_t>(used > 0 ? used : 256, std::size_t{1} << header.bits);
    if (file.size() < next + colours * entry) return broken("the file is truncated");
    header.palette.resize(256);  // an index past the last colour is black
    for (std::size_t i = 0; i < colours; ++i) {
      const std::uint8_t* bgr = file.data() + next + i * entry;
      header.palette[i] = {bgr[2], bgr[1], bgr[0]};
    }
  }
  const std::size_t pixels_at = little_endian(file.data() + 10, 4);
  if (pixels_at > file.size()) return broken("the file is truncated");
  header.pixels = file.subspan(pixels_at);
  return header;
}

/// The bits under a mask, stretched to 0..255.
std::uint8_t channel(std::uint32_t pixel, std::uint32_t mask) {
  if (mask == 0) return 0;
  const int shift = std::countr_zero(mask);
  return static_cast<std::uint8_t>(std::uint64_t{(pixel & mask) >> shift} * 255 / (mask >> shift));
}

Rgb pixel_at(const Header& header, const std::uint8_t* row, std::int64_t x) {
  if (header.bits == 24) return {row[3 * x + 2], row[3 * x + 1], row[3 * x]};
  if (header.bits > 8) {
    const int bytes = static_cast<int>(header.bits / 8);
    const std::uint32_t pixel = little_endian(row + x * bytes, bytes);
    return {channel(pixel, header.masks[0]), channel(pixel, header.masks[1]), channel(pixel, header.masks[2])};
  }
  const std::uint32_t per_byte = 8 / header.bits, position = static_cast<std::uint32_t>(x % per_byte);
  const std::uint32_t index = row[x / per_byte] >> (8 - header.bits * (position + 1)) & ((1u << header.bits) - 1);
  return header.palette[index];
}

/// Run-length coded indices, rows from the bottom up; what is skipped keeps index 0. False if the end code is missing.
bool read_runs(const Header& header, std::vector<std::uint8_t>& indices) {
  const ImageBytes in = header.pixels;
  const bool nibbles = header.compression == rle4;
  std::int64_t x = 0, y = 0;
  const auto put = [&](std::uint8_t index) {
    if (x < header.width && y < header.height) indices[y * header.width + x] = index;
    ++x;
  };
  const auto nibble = [](std::uint8_t byte, std::size_t i) {
    return static_cast<std::uint8_t>(i % 2 ? byte & 15 : byte >> 4);
  };
  for (std::size_t at = 0; at + 1 < in.size();) {
    const std::size_t count = in[at], value = in[at + 1];
    at += 2;
    if (count > 0) {
      for (std::size_t i = 0; i < count; ++i) put(nibbles ? nibble(in[at - 1], i) : in[at - 1]);
    } else if (value == 0) {
      x = 0, ++y;
    } else if (value == 1) {
      // A picture that ends rows before its height is cut off: taken, a few bytes would make millions of pixels.
      return y >= header.height - 1;
    } else if (value == 2) {
      if (at + 2 > in.size()) return false;
      x += in[at], y += in[at + 1];
      at += 2;
    } else {
      const std::size_t bytes = nibbles ? (value + 1) / 2 : value;
      if (at + bytes > in.size()) return false;
      for (std::size_t i = 0; i < value; ++i) put(nibbles ? nibble(in[at + i / 2], i) : in[at + i]);
      at += bytes + bytes % 2;
    }
  }
  return y >= header.height || (y == header.height - 1 && x >= header.width);
}

}  // namespace

Result<CodedImage> decode_bmp(ImageBytes file) {
  TRY(const Header header, read_header(file));
  const bool runs =
      (header.compression == rle8 && header.bits == 8) || (header.compression == rle4 && header.bits == 4);
  const bool plain = header.compression == uncompressed ||
                     ((header.compression == bit_fields || header.compression == alpha_bit_fields) && header.bits > 8);
  if (!runs && !plain)
    return fail(Error::Kind::Unsupported, "BMP with compression " + std::to_string(header.compression));
  CodedImage result;
  const std::int64_t stride = (header.width * header.bits + 31) / 32 * 4;
  if (plain && static_cast<std::int64_t>(header.pixels.size()) / stride < header.height)
    return fail(Error::Kind::Broken, "BMP: the file is truncated");
  TRY(result.image, make_image(header.width, header.height));

  std::vector<std::uint8_t> indices;
  if (runs) {
    indices.resize(result.image.rgb.size() / 3);
    if (!read_runs(header, indices)) return fail(Error::Kind::Broken, "BMP: the file is truncated");
  }
  for (std::int64_t y = 0; y < header.height; ++y) {
    std::uint8_t* out = result.image.row(static_cast<int>(header.top_down ? y : header.height - 1 - y));
    for (std::int64_t x = 0; x < header.width; ++x) {
      const Rgb pixel =
          runs ? header.palette[indices[y * header.width + x]] : pixel_at(header, header.pixels.data() + y * stride, x);
      std::ranges::copy(pixel, out + 3 * x);
    }
  }
  return result;
}

}  // namespace orderscope
