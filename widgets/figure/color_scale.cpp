// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/color_scale.h"

#include <algorithm>
#include <cmath>

namespace orderscope {

ColorScale scale_for_maps(std::span<const Map* const> maps) {
  Range all;
  bool diverging = false;
  bool first = true;
  for (const Map* map : maps) {
    if (map == nullptr || map->empty()) continue;
    const Range range = range_of(*map);
    all = first ? range : Range{std::min(all.low, range.low), std::max(all.high, range.high)};
    diverging = diverging || map->is_signed;
    first = false;
  }
  if (diverging) return signed_scale(std::max(std::abs(all.low), std::abs(all.high)));
  return {Colormap::Viridis, std::min(0.0F, all.low), all.high};
}

ColorScale scale_for_map(const Map& map) {
  const Map* const maps[] = {&map};
  return scale_for_maps(maps);
}

bool is_signed(const ColorScale& scale) { return scale.colormap == Colormap::Diverging; }

Range range_of(const ColorScale& scale) { return {scale.low, scale.high}; }

QImage upright_ramp(const ColorScale& scale) {
  const auto& table = table_of(scale.colormap);
  const int height = static_cast<int>(table.size());
  QImage image(1, height, QImage::Format_RGB32);
  for (int i = 0; i < height; ++i) image.setPixel(0, height - 1 - i, to_qrgb(table[static_cast<std::size_t>(i)]));
  return image;
}

}  // namespace orderscope
