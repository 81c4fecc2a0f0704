// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/overlay.h"

#include <algorithm>
#include <cmath>

namespace orderscope {

namespace {

/// The two cells around an output pixel's centre and the weight of the second.
struct Tap {
  int first = 0, second = 0;
  float part = 0;
};

std::vector<Tap> taps(int cells, int pixels, Interpolation interpolation) {
  std::vector<Tap> result(pixels);
  for (int i = 0; i < pixels; ++i) {
    const double position = (i + 0.5) * cells / pixels;
    if (interpolation == Interpolation::Nearest) {
      const int nearest = std::min(static_cast<int>(position), cells - 1);
      result[i] = {nearest, nearest, 0};
    } else {
      const double centred = std::clamp(position - 0.5, 0.0, cells - 1.0);
      const int first = static_cast<int>(centred);
      result[i] = {first, std::min(first + 1, cells - 1), static_cast<float>(centred - first)};
    }
  }
  return result;
}

float mixed(float a, float b, float part) { return part == 0 ? a : a + (b - a) * part; }

}  // namespace

std::vector<float> upsample(const Map& map, int width, int height, Interpolation interpolation) {
  if (map.empty() || width < 1 || height < 1) return {};
  const std::vector<Tap> columns = taps(map.width, width, interpolation);
  const std::vector<Tap> rows = taps(map.height, height, interpolation);
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(width) * height);
  for (const Tap& y : rows)
    for (const Tap& x : columns) {
      const float upper = mixed(map.at(y.first, x.first), map.at(y.first, x.second), x.part);
      const float lower = mixed(map.at(y.second, x.first), map.at(y.second, x.second), x.part);
      float value = mixed(upper, lower, y.part);
      if (!std::isfinite(value)) value = map.at(y.part < 0.5F ? y.first : y.second, x.part < 0.5F ? x.first : x.second);
      values.push_back(value);
    }
  return values;
}

Image draw_overlay(const Image& picture, const Map& map, const ColorScale& scale, const OverlayOptions& options) {
  Image result = picture;
  const std::vector<float> values = upsample(map, picture.width, picture.height, options.interpolation);
  if (values.empty()) return result;
  const float opacity = std::clamp(options.opacity, 0.0F, 1.0F);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint8_t* pixel = result.rgb.data() + 3 * i;
    float under[] = {float(pixel[0]), float(pixel[1]), float(pixel[2])};
    if (options.gray_picture) std::fill_n(under, 3, 0.299F * under[0] + 0.587F * under[1] + 0.114F * under[2]);
    const Rgb over = scale(values[i]);
    const float ink[] = {float(over.r), float(over.g), float(over.b)};
    for (int c = 0; c < 3; ++c)
      pixel[c] = static_cast<std::uint8_t>(std::lround(under[c] + (ink[c] - under[c]) * opacity));
  }
  return result;
}

ColorScale scale_for(std::span<const Map* const> maps) {
  float low = 0, high = 0;
  bool is_signed = false;
  for (const Map* map : maps) {
    if (!map) continue;
    const Range range = range_of(*map);
    low = std::min(low, range.low);
    high = std::max(high, range.high);
    is_signed = is_signed || map->is_signed;
  }
  if (is_signed) return signed_scale(std::max(-low, high));
  return {Colormap::Viridis, low, high};
}

ColorScale scale_for(const Map& map) {
  const Map* const maps[] = {&map};
  return scale_for(maps);
}

}  // namespace orderscope
