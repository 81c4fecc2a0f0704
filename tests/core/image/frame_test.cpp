// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/frame.h"

#include <gtest/gtest.h>

namespace orderscope {
namespace {

DecodedImage photo(int width, int height) {
  DecodedImage decoded;
  decoded.image.width = width;
  decoded.image.height = height;
  decoded.image.rgb.assign(static_cast<std::size_t>(width) * height * 3, 90);
  return decoded;
}

Frame frame_of(const DecodedImage& image, const Preprocessing& how) {
  const auto input = preprocess(image, how);
  EXPECT_TRUE(input);
  return Frame(input->crop);
}

TEST(Frame, FractionsAndPhotoPixelsAreInverse) {
  const Frame frame(12, 30, 168, 84);
  EXPECT_EQ(frame.to_photo({0, 0}), (Point{12, 30}));
  EXPECT_EQ(frame.to_photo({1, 0.5}), (Point{180, 72}));
  const Point there = frame.to_fraction(frame.to_photo({0.37, 0.81}));
  // Two multiplications and two divisions in double.
  EXPECT_NEAR(there.x, 0.37, 1e-14);
  EXPECT_NEAR(there.y, 0.81, 1e-14);
}

TEST(Frame, FindsTheCellOfANonSquareMapAndItsMiddle) {
  const Frame frame(0, 0, 40, 20);
  EXPECT_EQ(frame.cell_at({39.9, 0}, 2, 4), (Cell{0, 3}));
  EXPECT_EQ(frame.cell_at({40, 20}, 2, 4), (Cell{1, 3})) << "the far edge belongs to the last cell";
  EXPECT_FALSE(frame.cell_at({40.1, 10}, 2, 4));
  EXPECT_FALSE(frame.cell_at({1, 1}, 0, 4));
  EXPECT_FALSE(Frame(3, 3, 0, 0).cell_at({3, 3}, 2, 2));
  EXPECT_EQ(frame.cell_centre({1, 3}, 2, 4), (Point{35, 15}));
  EXPECT_EQ(frame.cell_frame({1, 3}, 2, 4), Frame(30, 10, 10, 10));
}

// One model takes the middle crop at 128, another the middle at 224, a third the whole photo squashed to 384: the same
// point of the photo must come out in all of them, whatever their resolution.
TEST(Frame, LinksModelsThatCropAndResizeDifferently) {
  const DecodedImage image = photo(640, 480);
  const Frame small = frame_of(image, {.size = 128, .crop_pct = 128.0 / 146});
  const Frame large = frame_of(image, {.size = 224, .crop_pct = 0.875});
  const Frame warped = frame_of(image, {.size = 384, .warp = true});
  EXPECT_EQ(warped, Frame(0, 0, 640, 480));
  for (const Frame& frame : {small, large, warped}) {
    const Point middle = frame.to_photo({0.5, 0.5});
    // Crops start at whole pixels of the resized picture: off the middle by half a pixel of it at most, which is
    // 480 / 146 / 2 = 1.7 photo pixels for the smallest.
    EXPECT_NEAR(middle.x, 320, 1.7);
    EXPECT_NEAR(middle.y, 240, 1.7);
  }
  const Point eye{250, 190};
  const auto in_small = small.cell_at(eye, 16, 16);
  const auto in_large = large.cell_at(eye, 56, 56);
  const auto in_warped = warped.cell_at(eye, 12, 12);
  ASSERT_TRUE(in_small && in_large && in_warped);
  EXPECT_TRUE(small.cell_frame(*in_small, 16, 16).contains(eye));
  EXPECT_TRUE(large.cell_frame(*in_large, 56, 56).contains(eye));
  EXPECT_EQ(*in_warped, (Cell{4, 4})) << "190 / 480 of 12 rows and 250 / 640 of 12 columns";
  // The corner of the photo was cropped away in two of them.
  EXPECT_FALSE(small.cell_at({5, 5}, 16, 16));
  EXPECT_FALSE(large.cell_at({5, 5}, 56, 56));
  EXPECT_EQ(warped.cell_at({5, 5}, 12, 12), (Cell{0, 0}));
}

TEST(Frame, MeetsAnotherAndGrowsToProportions) {
  EXPECT_EQ(Frame(0, 0, 100, 100).intersected(Frame(60, 80, 100, 10)), Frame(60, 80, 40, 10));
  EXPECT_TRUE(Frame(0, 0, 10, 10).intersected(Frame(20, 0, 10, 10)).empty());
  EXPECT_EQ(Frame(10, 10, 20, 20).grown_to(2), Frame(0, 10, 40, 20));
  EXPECT_EQ(Frame(10, 10, 40, 20).grown_to(1), Frame(10, 0, 40, 40));
}

}  // namespace
}  // namespace orderscope
