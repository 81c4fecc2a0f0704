// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/mask_paste.h"

#include <algorithm>
#include <cmath>

namespace orderscope {

namespace {

/// Where the pixels from `first` on fall in the mask along one axis, and what they take of its cells.
struct AxisReading {
  std::int64_t first = 0, count = 0;
  std::vector<std::int64_t> cell;  ///< the lower of the two cells, -1 where the other is the first
  std::vector<float> rest;         ///< weight of the upper one
};

AxisReading read_axis(float low, float high, std::int64_t size, std::int64_t side) {
  AxisReading axis;
  if (!std::isfinite(low) || !std::isfinite(high)) return axis;
  const auto limit = static_cast<float>(size);
  axis.first = static_cast<std::int64_t>(std::clamp(std::floor(low) - 1, 0.0F, limit));
  const auto end = static_cast<std::int64_t>(std::clamp(std::ceil(high) + 1, 0.0F, limit));
  axis.count = std::max<std::int64_t>(end - axis.first, 0);
  for (std::int64_t i = 0; i < axis.count; ++i) {
    float at = (static_cast<float>(axis.first + i) + 0.5F - low) / (high - low) * 2 - 1;
    if (std::isinf(at)) at = 0;
    const float cell = ((at + 1) * static_cast<float>(side) - 1) / 2;
    const bool outside = !(cell > -1 && cell < static_cast<float>(side));  // NaN too
    const float floor = outside ? static_cast<float>(side) : std::floor(cell);
    axis.cell.push_back(static_cast<std::int64_t>(floor));
    axis.rest.push_back(outside ? 0 : cell - floor);
  }
  return axis;
}

}  // namespace

ImagePatch<float> paste_mask(std::span<const float> mask, std::int64_t side, const std::array<float, 4>& box,
                             const PixelSize& image) {
  const AxisReading columns = read_axis(box[0], box[2], image.width, side);
  const AxisReading rows = read_axis(box[1], box[3], image.height, side);
  ImagePatch<float> patch{columns.first, rows.first, columns.count, rows.count, {}};
  if (columns.count == 0 || rows.count == 0) return {};
  patch.values.reserve(static_cast<std::size_t>(columns.count * rows.count));
  const auto value = [&](std::int64_t y, std::int64_t x) {
    return y >= 0 && y < side && x >= 0 && x < side ? mask[y * side + x] : 0.0F;
  };
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const std::int64_t y = rows.cell[i];
    const float v = rows.rest[i];
    for (std::int64_t j = 0; j < columns.count; ++j) {
      const std::int64_t x = columns.cell[j];
      const float u = columns.rest[j];
      patch.values.push_back(value(y, x) * (1 - v) * (1 - u) + value(y, x + 1) * (1 - v) * u +
                             value(y + 1, x) * v * (1 - u) + value(y + 1, x + 1) * v * u);
    }
  }
  return patch;
}

ImagePatch<std::uint8_t> binary_mask(const ImagePatch<float>& soft, float threshold) {
  ImagePatch<std::uint8_t> bits{soft.x, soft.y, soft.width, soft.height, {}};
  bits.values.reserve(soft.values.size());
  for (const float v : soft.values) bits.values.push_back(v >= threshold ? 1 : 0);
  return bits;
}

}  // namespace orderscope
