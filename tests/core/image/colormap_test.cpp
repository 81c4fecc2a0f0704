// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/colormap.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <set>

namespace orderscope {
namespace {

struct Lab {
  double l, a, b;
};

// OKLab of an sRGB colour (Ottosson 2020), written out here once more so that the test does not lean on the code.
Lab oklab(Rgb color) {
  const auto linear = [](std::uint8_t v) {
    const double x = v / 255.0;
    return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
  };
  const double r = linear(color.r), g = linear(color.g), b = linear(color.b);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

double distance(Rgb a, Rgb b) {
  const Lab x = oklab(a), y = oklab(b);
  return std::hypot(x.l - y.l, x.a - y.a, x.b - y.b);
}

// 8-bit rounding moves OKLab lightness by up to 0.002.
constexpr double rounding = 0.003;

TEST(Colormap, LightnessRisesThroughTheSequentialMaps) {
  for (const Colormap map : {Colormap::Viridis, Colormap::Magma, Colormap::Cividis, Colormap::Gray})
    for (int i = 4; i < 256; ++i)
      EXPECT_GT(oklab(table_of(map)[i]).l, oklab(table_of(map)[i - 4]).l) << name_of(map) << " " << i;
}

TEST(Colormap, DivergingIsSymmetricInLightnessAndChroma) {
  const auto& table = table_of(Colormap::Diverging);
  for (int i = 0; i < 128; ++i) {
    const Lab low = oklab(table[i]), high = oklab(table[255 - i]);
    EXPECT_NEAR(low.l, high.l, rounding) << i;
    EXPECT_NEAR(std::hypot(low.a, low.b), std::hypot(high.a, high.b), 0.006) << i;
  }
}

TEST(Colormap, DivergingLightnessFallsToBothSides) {
  const auto& table = table_of(Colormap::Diverging);
  for (int i = 2; i < 128; ++i) {
    EXPECT_GT(oklab(table[i]).l, oklab(table[i - 2]).l) << i;
    EXPECT_GT(oklab(table[255 - i]).l, oklab(table[257 - i]).l) << i;
  }
}

TEST(Colormap, DivergingTakesEvenSteps) {
  const auto& table = table_of(Colormap::Diverging);
  // Over 16 entries the rounding of both ends is at most 5 % of the step.
  const double step = distance(table[0], table[16]);
  for (int i = 0; i + 16 < 128; i += 4) {
    EXPECT_NEAR(distance(table[i], table[i + 16]), step, 0.08 * step) << i;
    EXPECT_NEAR(distance(table[255 - i], table[255 - i - 16]), step, 0.08 * step) << i;
  }
}

TEST(Colormap, ZeroOfASignedScaleIsNeutralAndItsSignsAreBlueAndRed) {
  const ColorScale scale = signed_scale(3);
  const Rgb zero = scale(0);
  EXPECT_LE(std::max({zero.r, zero.g, zero.b}) - std::min({zero.r, zero.g, zero.b}), 2);
  EXPECT_GT(zero.g, 240);
  EXPECT_GT(scale(-3).b, scale(-3).r);
  EXPECT_GT(scale(3).r, scale(3).b);
  EXPECT_EQ(signed_scale(-3), scale);
}

TEST(Colormap, KnownColoursOfViridis) {
  EXPECT_EQ(table_of(Colormap::Viridis)[0], (Rgb{68, 1, 84}));
  EXPECT_EQ(table_of(Colormap::Viridis)[255], (Rgb{253, 231, 37}));
}

TEST(Colormap, ScaleMapsItsEndsAndClampsBeyond) {
  const ColorScale scale{Colormap::Viridis, -2, 6};
  const auto& table = table_of(Colormap::Viridis);
  EXPECT_EQ(scale(-2), table[0]);
  EXPECT_EQ(scale(6), table[255]);
  EXPECT_EQ(scale(-std::numeric_limits<float>::infinity()), table[0]);
  EXPECT_EQ(scale(1e30F), table[255]);
  EXPECT_EQ((ColorScale{Colormap::Viridis, 5, 5})(5), table[0]);
}

TEST(Colormap, MissingValuesStandOut) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Colormap map : all_colormaps()) {
    EXPECT_EQ(color(map, nan), missing_color(map));
    // 0.04 in OKLab is plain to see between neighbouring areas.
    for (const Rgb entry : table_of(map)) EXPECT_GT(distance(entry, missing_color(map)), 0.04) << name_of(map);
  }
}

TEST(Colormap, NamesGoBothWays) {
  for (const Colormap map : all_colormaps()) EXPECT_EQ(colormap_named(name_of(map)), map);
  EXPECT_FALSE(colormap_named("jet"));
}

TEST(Colormap, FurtherOnesCanBeRegistered) {
  ColorTable red, both;
  for (std::size_t i = 0; i < 256; ++i) {
    red[i] = {static_cast<std::uint8_t>(i), 0, 0};
    both[i] =
        i < 128 ? Rgb{0, 0, static_cast<std::uint8_t>(255 - 2 * i)} : Rgb{static_cast<std::uint8_t>(2 * i - 255), 0, 0};
  }
  const auto added = register_colormap("test-red", red);
  ASSERT_TRUE(added.has_value()) << added.error().message();
  EXPECT_EQ(name_of(*added), "test-red");
  EXPECT_EQ(colormap_named("test-red"), *added);
  EXPECT_EQ(all_colormaps().back(), *added);
  EXPECT_EQ(color(*added, 0.5F), (Rgb{128, 0, 0}));
  EXPECT_EQ(table_of(*added), red);
  EXPECT_FALSE(is_diverging(*added));
  for (const Rgb entry : red) EXPECT_NE(entry, missing_color(*added));
  EXPECT_EQ((ColorScale{*added, 2, 2})(2), red[0]);

  for (const char* name : {"test-red", "viridis", "", "two words"})
    EXPECT_FALSE(register_colormap(name, red).has_value()) << name;

  const Colormap diverging = register_colormap("test-both", both, true).value();
  EXPECT_TRUE(is_diverging(diverging));
  EXPECT_EQ((ColorScale{diverging, 2, 2})(2), (Rgb{1, 0, 1}));
  EXPECT_EQ(with_colormap({Colormap::Viridis, -1, 3}, diverging), (ColorScale{diverging, -3, 3}));
  EXPECT_EQ(with_colormap({Colormap::Viridis, -1, 3}, *added), (ColorScale{*added, -1, 3}));
  EXPECT_EQ(all_colormaps().size(), 7u);
}

TEST(Colormap, ModelColoursDiffer) {
  for (std::size_t i = 0; i < 7; ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_GT(distance(model_color(i), model_color(j)), 0.1);
  EXPECT_EQ(model_color(7), model_color(0));
}

}  // namespace
}  // namespace orderscope
