// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/plate.h"

#include <gmock/gmock.h>

#include <cmath>

#include "core/image/text.h"
#include "core/image/ticks.h"

namespace orderscope {
namespace {

using testing::ElementsAre;

Map ramp(int side, float high, bool is_signed = false) {
  Map map;
  map.height = map.width = side;
  map.is_signed = is_signed;
  const int last = side * side - 1;
  for (int i = 0; i <= last; ++i) map.values.push_back(high * static_cast<float>(i) / static_cast<float>(last));
  return map;
}

Image gray_picture(int width, int height) {
  return {width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height, 128)};
}

/// Pixels that differ from the upper left corner, which is always ground.
std::size_t drawn(const Image& image) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < image.rgb.size(); i += 3)
    count += !std::equal(image.rgb.begin(), image.rgb.begin() + 3, image.rgb.begin() + static_cast<std::ptrdiff_t>(i));
  return count;
}

TEST(Ticks, AreRound) {
  EXPECT_THAT(ticks_between(0, 1.82, 5).labels, ElementsAre("0.0", "0.5", "1.0", "1.5"));
  EXPECT_THAT(ticks_between(-3.77e-6, 3.77e-6, 4).labels, ElementsAre("\u22122", "0", "2"));
  EXPECT_EQ(ticks_between(-3.77e-6, 3.77e-6, 4).exponent, -6);
  EXPECT_THAT(ticks_between(2, 2, 5).labels, ElementsAre("2"));
  EXPECT_TRUE(ticks_between(0, INFINITY, 5).values.empty());
}

TEST(Ticks, StayInsideAndWithinTheLimit) {
  for (const double low : {-7.3, -1e-9, 0.0, 0.02, 5e5})
    for (const double extent : {1e-7, 0.3, 1.0, 7.7, 9.99, 123456.0})
      for (int limit = 2; limit < 7; ++limit) {
        const Ticks ticks = ticks_between(low, low + extent, limit);
        ASSERT_LE(ticks.values.size(), static_cast<std::size_t>(limit));
        ASSERT_FALSE(ticks.values.empty()) << low << " " << extent << " " << limit;
        for (const double value : ticks.values) {
          EXPECT_GE(value, low - 1e-5 * extent);
          EXPECT_LE(value, low + extent * (1 + 1e-5));
        }
      }
}

TEST(Ticks, ValuesAsTextForCaptions) {
  EXPECT_EQ(format_value(0), "0");
  EXPECT_EQ(format_value(-12.53), "\u221212.5");
  EXPECT_EQ(format_value(-2143.4), "\u22122143");
  EXPECT_EQ(format_value(1.234e-6), "1.23\u00D710\u207B\u2076");
  EXPECT_EQ(format_range(0.0012, 1.8249), "0.00 \u2013 1.82");
  EXPECT_EQ(format_range(-0.4, 0.4), "\u00B10.400");
  EXPECT_EQ(format_range(-1e-9, 1), "0.00 \u2013 1.00");
}

TEST(Text, WidthGrowsWithTheTextAndInkStaysInside) {
  TextPainter painter;
  const TextStyle style{20, false, {0, 0, 0}};
  EXPECT_EQ(painter.width("", style), 0);
  EXPECT_GT(painter.width("order 22", style), painter.width("order 2", style));
  EXPECT_FLOAT_EQ(painter.width("ab", style), painter.width("a", style) + painter.width("b", style));

  Image image{60, 30, std::vector<std::uint8_t>(60 * 30 * 3, 255)};
  painter.draw(image, 5, 22, "x\u00B2", style);
  const float width = painter.width("x\u00B2", style);
  std::size_t ink = 0;
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 60; ++x)
      if (image.row(y)[3 * x] < 128) {
        ++ink;
        EXPECT_GE(x, 5);
        EXPECT_LE(static_cast<float>(x), 5 + width);
        EXPECT_LE(y, 22);
      }
  EXPECT_GT(ink, 20u);
}

TEST(Text, SurvivesBytesThatAreNoText) {
  TextPainter painter;
  Image image{40, 20, std::vector<std::uint8_t>(40 * 20 * 3, 255)};
  painter.draw(image, -15, 3, "\xFF\xC3\xE2\x82 \xF0\x9F\x98\x80 \x80z", {30, true, {}});
  painter.draw(image, 1e6F, -1e6F, "far away", {30, true, {}});
}

TEST(Plate, HasARowPerQuantityAndAColumnPerOrder) {
  const Map map = ramp(7, 2);
  const PlateRow row{"gate", {{&map, "order 1", {}}, {&map, "order 2", {}}}, {Colormap::Viridis, 0, 2}, ""};
  PlateOptions options;
  options.tile_width = 100;
  const auto one = draw_plate(gray_picture(40, 20), {row}, options);
  const auto two = draw_plate(gray_picture(40, 20), {row, row}, options);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->width, two->width);
  EXPECT_GT(one->width, 200);
  EXPECT_GT(two->height, one->height + 50);  // tiles keep the picture's proportions: 100 x 50
  EXPECT_GT(drawn(*two), 2 * 2 * 100 * 50u);

  options.dark = true;
  const auto dark = draw_plate(gray_picture(40, 20), {row}, options);
  ASSERT_TRUE(dark);
  EXPECT_EQ(dark->width, one->width);
  EXPECT_LT(dark->rgb[0], 60);
  EXPECT_EQ(one->rgb[0], 255);
}

TEST(Plate, EveryPlacementOfBarsIsDrawn) {
  const Map map = ramp(5, -1e-6F, true);
  PlateOptions options;
  options.tile_width = 120;
  std::vector<std::size_t> ink;
  for (const BarPlacement bars : {BarPlacement::None, BarPlacement::Row, BarPlacement::Tile}) {
    options.bars = bars;
    const PlateRow row{"contribution", {{&map, "order 1", {}}}, scale_for(map), "logit"};
    const auto plate = draw_plate(gray_picture(32, 32), {row}, options);
    ASSERT_TRUE(plate);
    ink.push_back(drawn(*plate));
  }
  EXPECT_GT(ink[1], ink[0] + 500);
  EXPECT_GT(ink[2], ink[0] + 500);
}

TEST(Plate, RowsOfUnequalLengthAndTilesWithoutMaps) {
  const Map map = ramp(3, 1);
  const PlateRow two{"", {{nullptr, "photo", {}}, {&map, "", {}}}, {}, ""}, none{"b", {}, {}, ""};
  EXPECT_TRUE(draw_plate(gray_picture(10, 10), {two, none}));
  EXPECT_TRUE(draw_overlay_with_bar(gray_picture(64, 48), map, scale_for(map)));
}

TEST(Plate, RefusesWhatCannotBeDrawn) {
  const Map map = ramp(3, 1);
  Map broken = map;
  broken.values.pop_back();
  const auto kind = [](const Result<Image>& result) { return result.error().kind; };
  EXPECT_EQ(kind(draw_plate({}, {{"", {{&map, "", {}}}, {}, ""}})), Error::Kind::InvalidInput);
  EXPECT_EQ(kind(draw_plate(gray_picture(9, 9), {})), Error::Kind::InvalidInput);
  EXPECT_EQ(kind(draw_plate(gray_picture(9, 9), {{"", {{&broken, "", {}}}, {}, ""}})), Error::Kind::InvalidInput);
  PlateOptions huge;
  huge.tile_width = 20'000;
  EXPECT_EQ(kind(draw_plate(gray_picture(9, 9), {{"", {{&map, "", {}}}, {}, ""}}, huge)), Error::Kind::InvalidInput);
}

}  // namespace
}  // namespace orderscope
