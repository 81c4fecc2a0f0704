// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/label_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/image/png.h"
#include "core/image/resize_linear.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kData = ORDERSCOPE_SOURCE_DIR "/tests/core/image/data/";

TEST(LabelPng, GivesStoredValues) {
  const test::TemporaryFolder folder;
  const std::vector<std::uint8_t> gray{0, 1, 150, 255, 7, 9};
  ASSERT_TRUE(write_gray_png(folder / "gray.png", gray, 3, 2));
  const auto read = read_label_png(folder / "gray.png");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->width, 3);
  EXPECT_THAT(read->labels, ElementsAre(0, 1, 150, 255, 7, 9));
  // Two bits a pixel: the values themselves, not what they are shown as.
  const auto two_bit = read_label_png(kData + "two_bit_gray.png");
  ASSERT_TRUE(two_bit) << two_bit.error().message();
  EXPECT_THAT(two_bit->labels, testing::Each(testing::AllOf(testing::Ge(0), testing::Le(3))));
}

TEST(LabelPng, PicturesInColourAndOtherFilesAreRefused) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_png(folder / "rgb.png", Image{1, 1, {1, 2, 3}}));
  EXPECT_THAT(read_label_png(folder / "rgb.png").error().message(), HasSubstr("in colour"));
  EXPECT_EQ(read_label_png(kData + "rle8.bmp").error().kind, Error::Kind::NotThisFormat);
  EXPECT_FALSE(read_label_png(folder / "missing.png"));
}

TEST(PaintLabels, UsesThePaletteAndBlends) {
  const std::vector<std::int32_t> labels{0, 1, 5, -1};
  const Image painted = paint_labels(labels, 2, 2, {{10, 20, 30}, {200, 100, 0}});
  EXPECT_THAT(painted.rgb, ElementsAre(10, 20, 30, 200, 100, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(blend(Image{1, 1, {100, 0, 255}}, Image{1, 1, {200, 10, 0}}, 0.5F).rgb, ElementsAre(150, 5, 128));
}

TEST(RescaledSize, IsThatOfMmcv) {
  // golden/dense/ops, pipeline.
  const auto size = [](int w, int h, int long_side, int short_side) {
    const ImageSize s = rescaled_size({w, h}, long_side, short_side);
    return std::pair{s.width, s.height};
  };
  EXPECT_EQ(size(640, 480, 1333, 800), (std::pair{1067, 800}));
  EXPECT_EQ(size(640, 480, 2048, 512), (std::pair{683, 512}));
  EXPECT_EQ(size(500, 375, 1333, 800), (std::pair{1067, 800}));
  EXPECT_EQ(size(100000, 1, 2048, 512), (std::pair{2048, 1}));
  EXPECT_FALSE(resize_linear({}, 2, 2));
}

}  // namespace
}  // namespace orderscope
