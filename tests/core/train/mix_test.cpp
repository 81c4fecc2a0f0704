// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/mix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "core/train/random_stream.h"

namespace orderscope {
namespace {

constexpr int kSize = 16;

/// Images of one value each: 0, 1, 2, ...
std::vector<float> constant_images(int batch) {
  std::vector<float> images(static_cast<std::size_t>(batch) * kSize * kSize * 3);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(i / (kSize * kSize * 3));
  return images;
}

double mean_of(const std::vector<float>& images, int index) {
  const auto first = images.begin() + index * kSize * kSize * 3;
  return std::accumulate(first, first + kSize * kSize * 3, 0.0) / (kSize * kSize * 3);
}

TEST(DrawMix, OffGivesPlainBatches) {
  auto random = random_stream(1, RandomUse::Mix, 0);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(draw_mix({.probability = 0}, kSize, random).own, 1);
    EXPECT_EQ(draw_mix({.probability = 1, .mixup_alpha = 0, .cutmix_alpha = 0}, kSize, random).own, 1);
  }
}

TEST(DrawMix, ProbabilityAndChoiceAreKept) {
  auto random = random_stream(2, RandomUse::Mix, 0);
  int mixed = 0, boxed = 0;
  for (int i = 0; i < 4000; ++i) {
    const Mix mix = draw_mix({.probability = 0.6, .mixup_alpha = 0.8, .cutmix_alpha = 1}, 224, random);
    mixed += mix.own < 1;
    boxed += mix.boxed;
    ASSERT_GE(mix.own, 0);
    ASSERT_LE(mix.own, 1);
  }
  // Five standard deviations of the binomial: 4000 draws, p = 0.6 and 0.3. A few boxes are empty.
  EXPECT_NEAR(mixed, 2400, 155 + 20);
  EXPECT_NEAR(boxed, 1200, 145);
}

TEST(MixImages, CutMixLabelsWeighThePixelsThatAreThere) {
  auto random = random_stream(3, RandomUse::Mix, 0);
  for (int i = 0; i < 50; ++i) {
    const Mix mix = draw_mix({.probability = 1, .mixup_alpha = 0, .cutmix_alpha = 1}, kSize, random);
    auto images = constant_images(4);
    mix_images(mix, images.data(), 4, kSize);
    for (int k = 0; k < 4; ++k) ASSERT_NEAR(mean_of(images, k), mix.own * k + (1 - mix.own) * (3 - k), 1e-6);
    for (const float v : images) ASSERT_EQ(v, std::round(v)) << "pixels are moved, not blended";
  }
}

TEST(MixImages, MixUpBlendsAllPixels) {
  const Mix mix{.own = 0.75};
  auto images = constant_images(3);
  mix_images(mix, images.data(), 3, kSize);
  EXPECT_FLOAT_EQ(images.front(), 0.5F);
  EXPECT_FLOAT_EQ(images[kSize * kSize * 3], 1.0F) << "the one in the middle is its own partner";
  EXPECT_FLOAT_EQ(images.back(), 1.5F);
}

TEST(WriteTargets, SmoothsAndMixesToADistribution) {
  const std::vector<int> labels{0, 2, 2, 1};
  std::vector<float> targets(4 * 5);
  write_targets({.own = 0.7}, labels, 5, 0.1, targets.data());
  const float rest = 0.02F;
  EXPECT_THAT(std::vector(targets.begin(), targets.begin() + 5),
              testing::Pointwise(testing::FloatNear(1e-6F), {0.63F + rest, 0.27F + rest, rest, rest, rest}));
  EXPECT_THAT(std::vector(targets.begin() + 5, targets.begin() + 10),
              testing::Pointwise(testing::FloatNear(1e-6F), {rest, rest, 0.9F + rest, rest, rest}));
  for (int i = 0; i < 4; ++i)
    EXPECT_NEAR(std::accumulate(targets.begin() + 5 * i, targets.begin() + 5 * (i + 1), 0.0), 1, 1e-6);
}

TEST(WriteTargets, PlainLabelsAreOneHot) {
  std::vector<float> targets(3);
  write_targets({}, std::vector<int>{1}, 3, 0, targets.data());
  EXPECT_THAT(targets, testing::ElementsAre(0, 1, 0));
}

}  // namespace
}  // namespace orderscope
