// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/overlay.h"

#include <gmock/gmock.h>

#include <cmath>

namespace orderscope {
namespace {

using testing::ElementsAre;

Map map_of(int height, int width, std::vector<float> values, bool is_signed = false) {
  Map map;
  map.height = height;
  map.width = width;
  map.values = std::move(values);
  map.is_signed = is_signed;
  return map;
}

Image flat(int width, int height, Rgb color) {
  Image image{width, height, {}};
  for (int i = 0; i < width * height; ++i) image.rgb.insert(image.rgb.end(), {color.r, color.g, color.b});
  return image;
}

Rgb pixel(const Image& image, int x, int y) {
  const std::uint8_t* p = image.row(y) + 3 * x;
  return {p[0], p[1], p[2]};
}

TEST(Overlay, BilinearUsesHalfPixelCentresAndClampsEdges) {
  // As torch.nn.functional.interpolate(align_corners=False); exact in float32.
  EXPECT_THAT(upsample(map_of(1, 2, {0, 8}), 8, 1, Interpolation::Bilinear), ElementsAre(0, 0, 1, 3, 5, 7, 8, 8));
  EXPECT_THAT(upsample(map_of(2, 1, {0, 4}), 1, 4, Interpolation::Bilinear), ElementsAre(0, 1, 3, 4));
}

TEST(Overlay, NearestKeepsCellsWhole) {
  EXPECT_THAT(upsample(map_of(1, 3, {1, 2, 3}), 6, 1, Interpolation::Nearest), ElementsAre(1, 1, 2, 2, 3, 3));
}

TEST(Overlay, NaNStaysInItsCell) {
  const auto values = upsample(map_of(1, 3, {1, std::nanf(""), 3}), 12, 1, Interpolation::Bilinear);
  for (int x = 0; x < 12; ++x) EXPECT_EQ(std::isnan(values[x]), x >= 4 && x < 8) << x;
}

TEST(Overlay, OpacityBlendsBetweenPictureAndMap) {
  const Image picture = flat(4, 4, {100, 100, 100});
  const Map map = map_of(2, 2, {0, 0, 0, 0});
  const ColorScale scale{Colormap::Viridis, 0, 1};
  OverlayOptions options;
  options.opacity = 0;
  EXPECT_EQ(draw_overlay(picture, map, scale, options).rgb, picture.rgb);
  options.opacity = 1;
  EXPECT_EQ(pixel(draw_overlay(picture, map, scale, options), 2, 2), (Rgb{68, 1, 84}));
  options.opacity = 0.5F;
  EXPECT_EQ(pixel(draw_overlay(picture, map, scale, options), 2, 2), (Rgb{84, 51, 92}));
}

TEST(Overlay, AnEmptyMapLeavesThePicture) {
  const Image picture = flat(3, 2, {9, 8, 7});
  EXPECT_EQ(draw_overlay(picture, {}, {}).rgb, picture.rgb);
}

TEST(Overlay, ScalesFollowTheMaps) {
  const Map positive = map_of(1, 2, {0.5F, 2}), more = map_of(1, 2, {0.1F, 5});
  EXPECT_EQ(scale_for(positive), (ColorScale{Colormap::Viridis, 0, 2}));
  const Map* const both[] = {&positive, &more};
  EXPECT_EQ(scale_for(both), (ColorScale{Colormap::Viridis, 0, 5}));
  EXPECT_EQ(scale_for(map_of(1, 2, {-3, 2}, true)), (ColorScale{Colormap::Diverging, -3, 3}));
}

}  // namespace
}  // namespace orderscope
