// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/map_agreement.h"

#include <gtest/gtest.h>

#include <cmath>

namespace orderscope {
namespace {

/// Values x + 2 y of the photo at the middle of each cell: what models of any crop and resolution would agree on.
Map plane(const Frame& frame, int height, int width, double sign = 1) {
  Map map;
  map.height = height;
  map.width = width;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const Point photo = frame.cell_centre({y, x}, height, width);
      map.values.push_back(static_cast<float>(sign * (photo.x + 2 * photo.y)));
    }
  return map;
}

TEST(MapAgreement, ResamplesThroughThePhotoAndLeavesOutWhatWasCroppedAway) {
  const Frame crop(20, 20, 60, 60), whole(0, 0, 100, 100);
  const Map map = plane(crop, 12, 12);
  const Map all = resampled({&map, crop}, whole, 20, 20);
  EXPECT_TRUE(std::isnan(all.at(0, 0)));
  // Bilinear is exact on a plane, but for float rounding, half a cell away from the crop's rim.
  EXPECT_NEAR(all.at(10, 9), 47.5 + 2 * 52.5, 1e-4);
}

TEST(MapAgreement, TwoThatSayTheSameAtOtherResolutionsAgree) {
  const Frame crop(20, 20, 60, 60), whole(0, 0, 100, 100);
  const Map a = plane(crop, 60, 60), b = plane(whole, 100, 100);
  const auto agreement = map_agreement({{&a, crop}, {&b, whole}});
  ASSERT_TRUE(agreement);
  EXPECT_EQ(agreement->frame, crop);
  // Only the outermost half cells of a, where its values are held, differ.
  EXPECT_NEAR(agreement->correlation[0], 1, 1e-3);
  for (const float value : agreement->difference.values) EXPECT_NEAR(value, 0, 0.02);
  EXPECT_TRUE(agreement->difference.is_signed);
}

TEST(MapAgreement, OppositesAreAnticorrelatedAndThreeGiveASpread) {
  const Frame whole(0, 0, 10, 10);
  const Map a = plane(whole, 8, 8), b = plane(whole, 8, 8, -1);
  const auto three = map_agreement({{&a, whole}, {&b, whole}, {&a, whole}}, 8);
  ASSERT_TRUE(three);
  ASSERT_EQ(three->correlation.size(), 3U);
  EXPECT_NEAR(three->correlation[0], -1, 1e-9);
  EXPECT_NEAR(three->correlation[1], 1, 1e-9);
  EXPECT_FALSE(three->difference.is_signed);
  EXPECT_GT(three->difference.at(7, 7), three->difference.at(0, 0));
}

TEST(MapAgreement, RefusesWhatCannotBeCompared) {
  const Frame left(0, 0, 10, 10), right(20, 0, 10, 10);
  const Map map = plane(left, 4, 4), none;
  EXPECT_FALSE(map_agreement({{&map, left}}));
  EXPECT_FALSE(map_agreement({{&map, left}, {&none, left}}));
  EXPECT_FALSE(map_agreement({{&map, left}, {&map, right}}));
  Map flat = map;
  flat.values.assign(16, 0);
  const auto agreement = map_agreement({{&map, left}, {&flat, left}});
  ASSERT_TRUE(agreement);
  EXPECT_TRUE(std::isnan(agreement->correlation[0]));
}

}  // namespace
}  // namespace orderscope
