// SPDX-License-Identifier: GPL-3.0-or-later
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "core/image/codec.h"

namespace orderscope {

namespace {

int orientation_of(ImageBytes file) {
  const WebPData data{file.data(), file.size()};
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> demuxer(WebPDemux(&data), WebPDemuxDelete);
  WebPChunkIterator chunk{};
  if (!demuxer || !WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk)) return 1;
  const int orientation = exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

bool decode_first_frame(ImageBytes file, Image& image) {
  const WebPData data{file.data(), file.size()};
  WebPAnimDecoderOptions options{};
  if (!WebPAnimDecoderOptionsInit(&options)) return false;
  options.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(WebPAnimDecoderNew(&data, &options),
                                                                             WebPAnimDecoderDelete);
  WebPAnimInfo info{};
  if (!decoder || !WebPAnimDecoderGetInfo(decoder.get(), &info)) return false;
  if (static_cast<int>(info.canvas_width) != image.width || static_cast<int>(info.canvas_height) != image.height)
    return false;
  std::uint8_t* rgba = nullptr;
  int timestamp = 0;
  if (!WebPAnimDecoderGetNext(decoder.get(), &rgba, &timestamp)) return false;
  for (std::size_t i = 0, pixels = image.rgb.size() / 3; i < pixels; ++i)
    std::copy_n(rgba + 4 * i, 3, image.rgb.data() + 3 * i);
  return true;
}

}  // namespace

Result<StoredImage> decode_webp(ImageBytes file) {
  WebPBitstreamFeatures features{};
  switch (WebPGetFeatures(file.data(), file.size(), &features)) {
    case VP8_STATUS_OK: break;
    case VP8_STATUS_NOT_ENOUGH_DATA: return fail(Error::Kind::Broken, "WebP: the file is truncated");
    default: return fail(Error::Kind::Broken, "WebP: damaged header");
  }
  StoredImage result;
  TRY(result.image, make_image(features.width, features.height));
  Image& image = result.image;
  if (features.has_animation) {
    if (!decode_first_frame(file, image)) return fail(Error::Kind::Broken, "WebP: damaged or truncated animation");
    result.warnings.push_back("animation: only the first frame is used");
  } else if (!WebPDecodeRGBInto(file.data(), file.size(), image.rgb.data(), image.rgb.size(), 3 * image.width)) {
    return fail(Error::Kind::Broken, "WebP: damaged or truncated picture data");
  }
  result.orientation = orientation_of(file);
  return result;
}

}  // namespace orderscope
