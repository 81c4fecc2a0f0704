// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/color_scale.h"

namespace orderscope {

bool is_signed(const ColorScale& scale) { return is_diverging(scale.colormap); }

Range range_of(const ColorScale& scale) { return {scale.low, scale.high}; }

QImage upright_ramp(const ColorScale& scale) {
  const auto& table = table_of(scale.colormap);
  const int height = static_cast<int>(table.size());
  QImage image(1, height, QImage::Format_RGB32);
  for (int i = 0; i < height; ++i) image.setPixel(0, height - 1 - i, to_qrgb(table[static_cast<std::size_t>(i)]));
  return image;
}

}  // namespace orderscope
