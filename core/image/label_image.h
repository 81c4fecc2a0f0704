// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/image/image.h"

namespace orderscope {

/// A number a pixel, row by row: an annotation as data sets store it.
struct LabelImage {
  int width = 0, height = 0;
  std::vector<std::int32_t> labels;
};

/// The values of a PNG as they are stored: those of a gray picture, or the indices into a palette. Errors: FileAccess,
/// NotThisFormat, Broken; Unsupported for a picture in colour.
Result<LabelImage> read_label_png(const std::filesystem::path& path);

using LabelColors = std::vector<std::array<std::uint8_t, 3>>;

/// Each label in its colour; one that the palette has not is black. `labels` holds width * height.
Image paint_labels(std::span<const std::int32_t> labels, int width, int height, const LabelColors& palette);

/// `over` on `under`, which must have its size, at this opacity.
Image blend(const Image& under, const Image& over, float opacity);

}  // namespace orderscope
