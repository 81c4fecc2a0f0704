// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/label_image.h"

#include <cmath>
#include <new>

#include "core/base/mapped_file.h"
#include "core/image/codec.h"

namespace orderscope {

Result<LabelImage> read_label_png(const std::filesystem::path& path) {
  TRY(const auto file, MappedFile::open(path));
  const auto bytes = file->bytes();
  try {
    auto labels = decode_png_labels({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    if (!labels) return fail(std::move(labels.error()).on(path.string()));
    return labels;
  } catch (const std::bad_alloc&) {
    return fail(Error::Kind::OutOfMemory, "not enough memory to decode it", path.string());
  }
}

Image paint_labels(std::span<const std::int32_t> labels, int width, int height, const LabelColors& palette) {
  Image image{width, height, std::vector<std::uint8_t>(3 * labels.size())};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[i]);
    if (labels[i] < 0 || label >= palette.size()) continue;
    for (std::size_t c = 0; c < 3; ++c) image.rgb[3 * i + c] = palette[label][c];
  }
  return image;
}

Image blend(const Image& under, const Image& over, float opacity) {
  Image result = under;
  for (std::size_t i = 0; i < result.rgb.size() && i < over.rgb.size(); ++i) {
    const float value = (1 - opacity) * static_cast<float>(under.rgb[i]) + opacity * static_cast<float>(over.rgb[i]);
    result.rgb[i] = static_cast<std::uint8_t>(std::lround(value));
  }
  return result;
}

}  // namespace orderscope
