// SPDX-License-Identifier: GPL-3.0-or-later
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>

#include "core/image/codec.h"

namespace orderscope {

namespace {

using Demuxer = std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)>;

int orientation_of(WebPDemuxer* demuxer) {
  WebPChunkIterator chunk{};
  if (!demuxer || !WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) return 1;
  const int orientation = exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

bool decode_into(ImageBytes file, Image& image) {
  return WebPDecodeRGBInto(file.data(), file.size(), image.rgb.data(), image.rgb.size(), 3 * image.width) != nullptr;
}

/// The first frame of an animation on its canvas, which is black (transparent) outside the frame. The canvas comes
/// last: only a good frame is worth its memory.
Result<Image> decode_first_frame(WebPDemuxer* demuxer, int width, int height) {
  const auto broken = [] { return fail(Error::Kind::Broken, "WebP: damaged or truncated animation"); };
  WebPIterator frame{};
  if (!demuxer || !WebPDemuxGetFrame(demuxer, 1, &frame)) return broken();
  const std::unique_ptr<WebPIterator, void (*)(WebPIterator*)> release(&frame, WebPDemuxReleaseIterator);
  if (!frame.complete || frame.x_offset < 0 || frame.y_offset < 0 || frame.width > width - frame.x_offset ||
      frame.height > height - frame.y_offset)
    return broken();
  TRY(Image image, make_image(frame.width, frame.height));
  if (!decode_into({frame.fragment.bytes, frame.fragment.size}, image)) return broken();
  if (frame.width == width && frame.height == height) return image;
  TRY(Image canvas, make_image(width, height));
  for (int y = 0; y < image.height; ++y)
    std::copy_n(image.row(y), std::size_t{3} * image.width, canvas.row(frame.y_offset + y) + 3 * frame.x_offset);
  return canvas;
}

}  // namespace

Result<CodedImage> decode_webp(ImageBytes file) {
  WebPBitstreamFeatures features{};
  switch (WebPGetFeatures(file.data(), file.size(), &features)) {
    case VP8_STATUS_OK: break;
    case VP8_STATUS_NOT_ENOUGH_DATA: return fail(Error::Kind::Broken, "WebP: the file is truncated");
    default: return fail(Error::Kind::Broken, "WebP: damaged header");
  }
  CodedImage result;
  TRY_VOID(check_size(features.width, features.height));
  const WebPData data{file.data(), file.size()};
  const Demuxer demuxer(WebPDemux(&data), WebPDemuxDelete);
  if (features.has_animation) {
    TRY(result.image, decode_first_frame(demuxer.get(), features.width, features.height));
    result.warnings.push_back("animation: only the first frame is used");
  } else {
    TRY(result.image, make_image(features.width, features.height));
    if (!decode_into(file, result.image)) return fail(Error::Kind::Broken, "WebP: damaged or truncated picture data");
  }
  result.orientation = orientation_of(demuxer.get());
  return result;
}

}  // namespace orderscope
