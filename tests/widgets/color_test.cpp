// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>

#include "widgets/figure/color_bar_painter.h"
#include "widgets/figure/color_scale.h"
#include "widgets/figure/format.h"
#include "widgets/figure/map_image.h"

namespace orderscope {
namespace {

Map map_of(int height, int width, std::vector<float> values) {
  Map map;
  map.height = height;
  map.width = width;
  map.values = std::move(values);
  return map;
}

TEST(ColorBar, TicksAreTheEndsAndTheZeroOfASignedScale) {
  const auto magnitude = color_bar_ticks({Colormap::Viridis, 0, 0.6F}, false);
  ASSERT_EQ(magnitude.size(), 2U);
  EXPECT_EQ(magnitude[0].label, QStringLiteral("0"));
  EXPECT_EQ(magnitude[1].label, QStringLiteral("0.6"));
  const auto diverging = color_bar_ticks(signed_scale(2), false);
  ASSERT_EQ(diverging.size(), 3U);
  EXPECT_EQ(diverging[0].label, QStringLiteral("−2"));
  EXPECT_EQ(diverging[1].position, 0.5);
  EXPECT_EQ(diverging[1].label, QStringLiteral("0"));
  EXPECT_EQ(color_bar_ticks(signed_scale(2), true)[2].label, QStringLiteral("max"));
}

TEST(MapImage, InterpolatesValuesBetweenCellCentresAndHoldsThemAtTheRim) {
  const Map map = map_of(1, 2, {0, 1});
  const ColorScale scale{Colormap::Gray, 0, 1};
  const QImage image = color_image(map, scale, {8, 1}, true);
  // Centres of the cells are at pixels 2 and 6 (of 8); outside them the value stays. A colour is 1/255 wide.
  EXPECT_EQ(qGray(image.pixel(0, 0)), qGray(to_qrgb(scale(0))));
  EXPECT_EQ(qGray(image.pixel(7, 0)), qGray(to_qrgb(scale(1))));
  EXPECT_NEAR(qGray(image.pixel(4, 0)), qGray(to_qrgb(scale(0.625F))), 1);
}

TEST(MapImage, MixesWithTheGreyPhotoByOpacity) {
  const Map map = map_of(1, 1, {1});
  const ColorScale scale{Colormap::Gray, 0, 1};
  QImage photo(1, 1, QImage::Format_RGB32);
  photo.fill(Qt::black);
  const int top = qGray(to_qrgb(scale(1)));
  // The mix works in steps of 1/256.
  EXPECT_NEAR(qGray(overlay_image(map, scale, photo, {4, 4}, {.opacity = 0.5}).pixel(1, 1)), top / 2, 2);
  EXPECT_EQ(qGray(overlay_image(map, scale, photo, {4, 4}, {.opacity = 0}).pixel(1, 1)), 0);
}

TEST(Format, ShowsThreeSignificantDigits) {
  EXPECT_EQ(value_text(0.41234), QStringLiteral("0.412"));
  EXPECT_EQ(value_text(-12.345), QStringLiteral("−12.3"));
  EXPECT_EQ(value_text(0), QStringLiteral("0"));
  EXPECT_EQ(value_text(4.13e-5), QStringLiteral("4.13×10⁻⁵"));
  EXPECT_EQ(value_text(NAN), QStringLiteral("NaN"));
  EXPECT_EQ(scale_text({-0.4F, 0.4F}), QStringLiteral("±0.4"));
  EXPECT_EQ(column_text(0.66), QStringLiteral("0.660"));
  EXPECT_EQ(short_range_text({0.0933F, 0.717F}), QStringLiteral("0.093–0.72"));
  EXPECT_EQ(count_text(3'140'000), QStringLiteral("3.1 M"));
}

}  // namespace
}  // namespace orderscope
