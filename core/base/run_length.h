// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/pixel_size.h"
#include "core/base/result.h"

namespace orderscope {

/// A binary mask as COCO stores it: lengths of runs of 0 and 1 in turn, from 0 on, down the columns. The counts add up
/// to the number of pixels; a run may be empty.
struct RunLengths {
  PixelSize size;
  std::vector<std::uint32_t> counts;

  std::int64_t area() const;  ///< pixels that are 1
  bool operator==(const RunLengths&) const = default;
};

/// A rectangle of an image with one value a pixel, row-major; everything outside is 0. It may be empty.
template <typename T>
struct ImagePatch {
  std::int64_t x = 0, y = 0, width = 0, height = 0;
  std::vector<T> values;
};

/// The patch must lie in the image; anything but 0 counts as 1.
RunLengths encode_mask(const ImagePatch<std::uint8_t>& patch, const PixelSize& image);

/// Row-major pixels, 0 and 1, into `pixels` (height * width).
void decode_mask(const RunLengths& mask, std::span<std::uint8_t> pixels);

/// Smallest box around the ones: x, y, width, height; zeros for an empty mask. As COCO's toBbox.
std::array<double, 4> bounding_box(const RunLengths& mask);

/// COCO's text for the counts, and back. Errors: Broken (no such text, counts that do not fill the image).
std::string to_coco_text(const RunLengths& mask);
Result<RunLengths> from_coco_text(const std::string& text, const PixelSize& image);
/// Errors: Broken unless the counts fill the image.
Result<RunLengths> from_counts(std::vector<std::uint32_t> counts, const PixelSize& image);

/// A polygon x1, y1, x2, y2, ... filled exactly as COCO's rleFrPoly does (maskApi.c): the outline is walked on a grid
/// five times as fine. Coordinates in pixels, at least three corners.
RunLengths fill_polygon(std::span<const double> corners, const PixelSize& image);

/// Pixels that are 1 in any, or in all, of two masks of one size.
RunLengths unite(const RunLengths& a, const RunLengths& b);
std::int64_t shared_area(const RunLengths& a, const RunLengths& b);

}  // namespace orderscope
