// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/color_scale.h"

#include <algorithm>
#include <cmath>

#include "core/image/colormap.h"

namespace orderscope {
namespace {

Range symmetric(const Range& range) {
  const float limit = std::max(std::abs(range.low), std::abs(range.high));
  return {-limit, limit};
}

}  // namespace

ColorScale::ColorScale(Range range, bool is_signed) : is_signed_(is_signed), table_(color_table(is_signed)) {
  range_ = is_signed ? symmetric(range) : Range{std::min(0.0F, range.low), range.high};
}

ColorScale ColorScale::for_maps(std::span<const Map* const> maps) {
  Range all;
  bool is_signed = false;
  bool first = true;
  for (const Map* map : maps) {
    if (map == nullptr || map->empty()) continue;
    const Range range = range_of(*map);
    all = first ? range : Range{std::min(all.low, range.low), std::max(all.high, range.high)};
    is_signed = is_signed || map->is_signed;
    first = false;
  }
  return {all, is_signed};
}

ColorScale ColorScale::for_map(const Map& map) {
  const Map* const maps[] = {&map};
  return for_maps(maps);
}

QRgb ColorScale::color(float value) const {
  if (std::isnan(value)) return qRgb(128, 128, 128);
  const float width = range_.high - range_.low;
  // An empty range has nothing to tell apart: 0 is the middle of a signed scale and the low end of the other.
  const float position = width > 0 ? (value - range_.low) / width : (is_signed_ ? 0.5F : 0.0F);
  return table_[static_cast<std::size_t>(std::clamp(position, 0.0F, 1.0F) * 255.0F + 0.5F)];
}

QImage ColorScale::ramp() const {
  QImage image(256, 1, QImage::Format_RGB32);
  for (int i = 0; i < 256; ++i) image.setPixel(i, 0, table_[static_cast<std::size_t>(i)]);
  return image;
}

}  // namespace orderscope
