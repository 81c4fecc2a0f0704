// SPDX-License-Identifier: GPL-3.0-or-later
#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "core/image/codec.h"

namespace orderscope {

namespace {

/// Most that libtiff may allocate at once: one strip with the largest picture that is decoded.
constexpr tmsize_t max_block = tmsize_t{2} << 30;

/// What libtiff sees instead of a file.
struct MemoryFile {
  ImageBytes bytes;
  toff_t position = 0;
  std::string message;  ///< libtiff's first error
};

MemoryFile& memory(thandle_t handle) { return *static_cast<MemoryFile*>(handle); }

tmsize_t read_memory(thandle_t handle, void* data, tmsize_t size) {
  MemoryFile& file = memory(handle);
  if (size <= 0 || file.position >= file.bytes.size()) return 0;
  const auto count = std::min<toff_t>(static_cast<toff_t>(size), file.bytes.size() - file.position);
  std::memcpy(data, file.bytes.data() + file.position, count);
  file.position += count;
  return static_cast<tmsize_t>(count);
}

toff_t seek_memory(thandle_t handle, toff_t offset, int whence) {
  MemoryFile& file = memory(handle);
  if (whence == SEEK_CUR) offset += file.position;
  if (whence == SEEK_END) offset += file.bytes.size();
  return file.position = offset;
}

int keep_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  char text[300];
  std::vsnprintf(text, sizeof text, format, arguments);
  auto& message = static_cast<MemoryFile*>(user)->message;
  if (!message.empty()) return 1;
  // Some of its messages are indented over two lines; an error of ours is one.
  for (const char* c = text; *c != '\0'; ++c) {
    const bool blank = static_cast<unsigned char>(*c) <= ' ' || *c == 0x7f;
    if (!blank) message += *c;
    if (blank && !message.ends_with(' ')) message += ' ';
  }
  return 1;
}

using TiffHandle = std::unique_ptr<TIFF, void (*)(TIFF*)>;

TiffHandle open_tiff(MemoryFile& file) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), max_block);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_error, &file);
  TIFFOpenOptionsSetWarningHandlerExtR(
      options.get(), [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
  TIFF* tiff = TIFFClientOpenExt(
      "image", "rm", &file, read_memory, [](thandle_t, void*, tmsize_t) { return tmsize_t{0}; }, seek_memory,
      [](thandle_t) { return 0; }, [](thandle_t handle) { return toff_t{memory(handle).bytes.size()}; },
      [](thandle_t, void**, toff_t*) { return 0; }, [](thandle_t, void*, toff_t) {}, options.get());
  return {tiff, TIFFClose};
}

struct Layout {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT, photometric = 0, planar = PLANARCONFIG_CONTIG;
  std::uint16_t compression = COMPRESSION_NONE;
  bool premultiplied = false;  ///< by an alpha channel behind red, green and blue

  /// Samples that can be copied one by one; the rest (palettes, bits, YCbCr, Lab) goes through libtiff's RGBA reader.
  bool plain() const {
    const bool colours = (photometric == PHOTOMETRIC_RGB && samples >= 3) ||
                         (photometric == PHOTOMETRIC_SEPARATED && samples >= 4) ||
                         photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE;
    return colours && (bits == 8 || bits == 16);
  }
};

Layout layout_of(TIFF* tiff) {
  Layout layout;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout.height);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout.photometric);
  for (const auto& [tag, value] : {std::pair{TIFFTAG_BITSPERSAMPLE, &layout.bits},
                                   {TIFFTAG_SAMPLESPERPIXEL, &layout.samples},
                                   {TIFFTAG_SAMPLEFORMAT, &layout.format},
                                   {TIFFTAG_PLANARCONFIG, &layout.planar},
                                   {TIFFTAG_COMPRESSION, &layout.compression}})
    TIFFGetFieldDefaulted(tiff, tag, value);
  std::uint16_t count = 0;
  std::uint16_t* extra = nullptr;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &extra);
  layout.premultiplied = layout.photometric == PHOTOMETRIC_RGB && layout.samples == 4 && count > 0 && extra &&
                         extra[0] == EXTRASAMPLE_ASSOCALPHA;
  return layout;
}

/// Turns one pixel's samples (8 bit each) into RGB.
void to_rgb(const Layout& layout, const std::uint8_t* in, std::uint8_t* out) {
  switch (layout.photometric) {
    case PHOTOMETRIC_MINISBLACK: std::memset(out, in[0], 3); break;
    case PHOTOMETRIC_MINISWHITE: std::memset(out, 255 - in[0], 3); break;
    case PHOTOMETRIC_SEPARATED:
      for (int c = 0; c < 3; ++c) {
        const int paper = 255 - in[3], product = in[c] * paper + 128;  // Pillow's CMYK without a profile
        out[c] = static_cast<std::uint8_t>(paper - (((product >> 8) + product) >> 8));
      }
      break;
    default:
      std::memcpy(out, in, 3);
      if (layout.premultiplied && in[3] > 0)
        for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(std::min(in[c] * 255 / in[3], 255));
  }
}

/// Reads strips or tiles into `samples`: interleaved, 8 bit (the high byte of 16), `kept` of them a pixel.
bool read_samples(TIFF* tiff, const Layout& layout, int kept, std::vector<std::uint8_t>& samples) {
  const bool tiled = TIFFIsTiled(tiff) != 0;
  std::uint32_t block_width = layout.width, block_height = layout.height;
  if (tiled) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &block_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &block_height);
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &block_height);
    block_height = std::min(block_height, layout.height);
  }
  const tmsize_t block_size = tiled ? TIFFTileSize(tiff) : TIFFStripSize(tiff);
  const tmsize_t row_size = tiled ? TIFFTileRowSize(tiff) : TIFFScanlineSize(tiff);
  const bool separate = layout.planar == PLANARCONFIG_SEPARATE && layout.samples > 1;
  const int planes = separate ? kept : 1, interleaved = separate ? 1 : layout.samples, bytes = layout.bits / 8;
  if (block_width == 0 || block_height == 0 || block_size <= 0 || block_size > max_block ||
      row_size < static_cast<tmsize_t>(block_width) * interleaved * bytes || block_size / row_size < block_height)
    return false;

  const std::unique_ptr<void, void (*)(void*)> buffer(_TIFFmalloc(block_size), _TIFFfree);
  if (!buffer) return false;
  const auto* block = static_cast<const std::uint8_t*>(buffer.get());
  const std::uint16_t probe = 1;  // libtiff hands out 16-bit samples in the machine's byte order
  const int high = bytes == 2 && *reinterpret_cast<const std::uint8_t*>(&probe) == 1 ? 1 : 0;
  for (int plane = 0; plane < planes; ++plane)
    for (std::uint64_t y0 = 0; y0 < layout.height; y0 += block_height)
      for (std::uint64_t x0 = 0; x0 < layout.width; x0 += block_width) {
        const auto sample = static_cast<std::uint16_t>(plane);
        const auto rows = std::min<std::uint64_t>(block_height, layout.height - y0);
        const auto columns = std::min<std::uint64_t>(block_width, layout.width - x0);
        const auto left = static_cast<std::uint32_t>(x0), top = static_cast<std::uint32_t>(y0);
        const tmsize_t wanted = tiled ? block_size : row_size * static_cast<tmsize_t>(rows);
        const tmsize_t read =
            tiled ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, left, top, 0, sample), buffer.get(), block_size)
                  : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, top, sample), buffer.get(), wanted);
        if (read < wanted) return false;
        for (std::uint64_t y = 0; y < rows; ++y)
          for (std::uint64_t x = 0; x < columns; ++x)
            for (int s = 0; s < (separate ? 1 : kept); ++s)
              samples[((y0 + y) * layout.width + x0 + x) * kept + plane + s] =
                  block[y * row_size + (x * interleaved + s) * bytes + high];
      }
  return true;
}

bool read_as_rgba(TIFF* tiff, Image& image) {
  std::vector<std::uint32_t> raster(image.rgb.size() / 3);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);  // leave the rows in the order in which they are stored
  if (!TIFFReadRGBAImageOriented(tiff, image.width, image.height, raster.data(), ORIENTATION_TOPLEFT, 1)) return false;
  for (std::size_t i = 0; i < raster.size(); ++i) {
    image.rgb[3 * i] = static_cast<std::uint8_t>(TIFFGetR(raster[i]));
    image.rgb[3 * i + 1] = static_cast<std::uint8_t>(TIFFGetG(raster[i]));
    image.rgb[3 * i + 2] = static_cast<std::uint8_t>(TIFFGetB(raster[i]));
  }
  return true;
}

}  // namespace

Result<CodedImage> decode_tiff(ImageBytes bytes) {
  MemoryFile file{bytes, 0, {}};
  const auto broken = [&] {
    return fail(Error::Kind::Broken, "TIFF: " + (file.message.empty() ? "damaged or truncated" : file.message));
  };
  const TiffHandle tiff = open_tiff(file);
  if (!tiff) return broken();
  const Layout layout = layout_of(tiff.get());
  if (!TIFFIsCODECConfigured(layout.compression))
    return fail(Error::Kind::Unsupported, "TIFF with compression " + std::to_string(layout.compression));
  if (layout.bits > 16 || layout.format != SAMPLEFORMAT_UINT)
    return fail(Error::Kind::Unsupported,
                "TIFF with " + std::to_string(layout.bits) + "-bit samples that are no plain 8- or 16-bit numbers", {},
                "convert it to 8 bit");
  CodedImage result;
  TRY(result.image, make_image(layout.width, layout.height));
  std::uint16_t orientation = 1;
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_ORIENTATION, &orientation);
  if (orientation >= 1 && orientation <= 8) result.orientation = orientation;

  if (!layout.plain()) {
    if (!read_as_rgba(tiff.get(), result.image)) return broken();
    return result;
  }
  const bool gray = layout.photometric == PHOTOMETRIC_MINISBLACK || layout.photometric == PHOTOMETRIC_MINISWHITE;
  const int kept = gray ? 1 : layout.photometric == PHOTOMETRIC_SEPARATED || layout.premultiplied ? 4 : 3;
  if (gray && layout.bits == 16)
    result.warnings.push_back("16-bit gray: shown by its high byte; Pillow's convert(\"RGB\") would clip it to white");
  const std::size_t pixels = result.image.rgb.size() / 3;
  std::vector<std::uint8_t> samples(pixels * kept);
  if (!read_samples(tiff.get(), layout, kept, samples)) return broken();
  for (std::size_t i = 0; i < pixels; ++i) to_rgb(layout, samples.data() + i * kept, result.image.rgb.data() + 3 * i);
  return result;
}

}  // namespace orderscope
