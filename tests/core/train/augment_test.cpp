// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/train/random_stream.h"

namespace orderscope {
namespace {

Image gradient_image(int width, int height) {
  Image image{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3)};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.row(y)[3 * x] = static_cast<std::uint8_t>(255 * x / width);
      image.row(y)[3 * x + 1] = static_cast<std::uint8_t>(255 * y / height);
      image.row(y)[3 * x + 2] = static_cast<std::uint8_t>((x * 7 + y * 13) % 256);
    }
  }
  return image;
}

Preprocessing size_32() {
  Preprocessing how;
  how.size = 32;
  return how;
}

std::vector<float> augmented(const AugmentOptions& options, std::uint64_t epoch, std::uint64_t sample) {
  std::vector<float> out(32 * 32 * 3);
  auto random = random_stream(5, RandomUse::Sample, epoch, sample);
  augment(gradient_image(60, 40), options, size_32(), random, out.data());
  return out;
}

AugmentOptions none() {
  return {.min_scale = 1,
          .max_scale = 1,
          .min_ratio = 1.5,
          .max_ratio = 1.5,
          .flip = 0,
          .brightness = 0,
          .contrast = 0,
          .saturation = 0,
          .erase = 0};
}

TEST(RandomStream, DependsOnEachPartOfItsKey) {
  const auto first = random_stream(1, RandomUse::Sample, 2, 3)();
  EXPECT_EQ(random_stream(1, RandomUse::Sample, 2, 3)(), first);
  EXPECT_NE(random_stream(2, RandomUse::Sample, 2, 3)(), first);
  EXPECT_NE(random_stream(1, RandomUse::Mix, 2, 3)(), first);
  EXPECT_NE(random_stream(1, RandomUse::Sample, 3, 3)(), first);
  EXPECT_NE(random_stream(1, RandomUse::Sample, 2, 4)(), first);
  EXPECT_NE(random_stream(1ULL << 40, RandomUse::Sample, 2, 3)(), random_stream(0, RandomUse::Sample, 2, 3)());
}

TEST(Augment, IsTheSameForTheSameSampleOfTheSameEpoch) {
  const AugmentOptions options{.erase = 0.5};
  EXPECT_EQ(augmented(options, 3, 7), augmented(options, 3, 7));
  EXPECT_NE(augmented(options, 3, 7), augmented(options, 4, 7));
  EXPECT_NE(augmented(options, 3, 7), augmented(options, 3, 8));
}

TEST(Augment, KeepsTheRangeOfNormalizedPixels) {
  const Preprocessing how = size_32();
  const AugmentOptions options{.brightness = 1, .contrast = 1, .saturation = 1};
  for (std::uint64_t sample = 0; sample < 50; ++sample) {
    const auto values = augmented(options, 0, sample);
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_GE(values[i], (0 - how.mean[i % 3]) / how.std[i % 3] - 1e-6F);
      ASSERT_LE(values[i], (1 - how.mean[i % 3]) / how.std[i % 3] + 1e-6F);
    }
  }
}

TEST(Augment, WithEverythingOffIsResizeAndNormalize) {
  std::vector<float> expected(32 * 32 * 3);
  normalize(resize_bicubic(gradient_image(60, 40), 32, 32), size_32(), expected.data());
  // The same float32 operations in the same order.
  EXPECT_EQ(augmented(none(), 0, 0), expected);
}

TEST(Augment, FlipMirrorsRows) {
  AugmentOptions flipped = none();
  flipped.flip = 1;
  const auto a = augmented(none(), 0, 0), b = augmented(flipped, 0, 0);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x)
      for (int c = 0; c < 3; ++c) ASSERT_EQ(b[3 * (32 * y + x) + c], a[3 * (32 * y + 31 - x) + c]);
}

TEST(Augment, ErasesARegionOfTheAllowedArea) {
  AugmentOptions erased = none();
  erased.erase = 1;
  for (std::uint64_t sample = 0; sample < 20; ++sample) {
    const auto a = augmented(none(), 0, sample), b = augmented(erased, 0, sample);
    int changed = 0;
    for (std::size_t i = 0; i < a.size(); i += 3) changed += a[i] != b[i];
    // 2 % to a third of 1024 pixels, sides rounded to whole pixels.
    EXPECT_GE(changed, 14);
    EXPECT_LE(changed, 370);
  }
}

TEST(RandomCrop, StaysInsideWithinScaleAndRatio) {
  const AugmentOptions options{.min_scale = 0.3, .max_scale = 0.6};
  auto random = random_stream(1, RandomUse::Sample, 0, 0);
  for (int i = 0; i < 500; ++i) {
    const PixelBox box = random_crop(200, 180, options, random);
    ASSERT_GE(box.x, 0);
    ASSERT_GE(box.y, 0);
    ASSERT_LE(box.x + box.width, 200);
    ASSERT_LE(box.y + box.height, 180);
    const double area = static_cast<double>(box.width) * box.height / (200 * 180);
    ASSERT_GT(area, 0.29);  // sides are rounded to whole pixels
    ASSERT_LT(area, 0.61);
    const double ratio = static_cast<double>(box.width) / box.height;
    ASSERT_GT(ratio, 0.74);
    ASSERT_LT(ratio, 1.35);
  }
}

TEST(RandomCrop, FallsBackToTheCentreOfAStrip) {
  auto random = random_stream(1, RandomUse::Sample, 0, 0);
  const PixelBox box = random_crop(1000, 10, {}, random);
  EXPECT_EQ(box.height, 10);
  EXPECT_EQ(box.width, 13);
  EXPECT_NEAR(box.x + box.width / 2.0, 500, 1);
  const PixelBox one = random_crop(1, 1, {}, random);
  EXPECT_EQ(one.width, 1);
  EXPECT_EQ(one.height, 1);
}

TEST(AdjustColors, FactorsDoWhatTheyAreNamedFor) {
  std::vector<float> pixels{0.2F, 0.4F, 0.6F, 0.8F, 0.6F, 0.4F};
  adjust_colors(pixels.data(), 2, 1.5F, 1, 1);
  EXPECT_THAT(pixels, testing::Pointwise(testing::FloatNear(1e-6F), {0.3F, 0.6F, 0.9F, 1.0F, 0.9F, 0.6F}));

  std::vector<float> flat{0.2F, 0.4F, 0.6F, 0.8F, 0.6F, 0.4F};
  adjust_colors(flat.data(), 2, 1, 0, 1);
  const float mean = (0.299F * 1.0F + 0.587F * 1.0F + 0.114F * 1.0F) / 2;
  EXPECT_THAT(flat, testing::Each(testing::FloatNear(mean, 1e-6F)));

  std::vector<float> grey{0.2F, 0.4F, 0.6F};
  adjust_colors(grey.data(), 1, 1, 1, 0);
  EXPECT_THAT(grey, testing::Each(testing::FloatNear(0.299F * 0.2F + 0.587F * 0.4F + 0.114F * 0.6F, 1e-6F)));
}

}  // namespace
}  // namespace orderscope
