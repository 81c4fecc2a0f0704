// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/schedule.h"

#include <gtest/gtest.h>

namespace orderscope {
namespace {

constexpr CosineSchedule kSchedule{.peak = 2e-3, .floor = 1e-5, .warmup_steps = 100, .total_steps = 1100};

TEST(CosineSchedule, WarmsUpLinearlyToThePeak) {
  EXPECT_DOUBLE_EQ(kSchedule.at(0), 2e-5);
  EXPECT_DOUBLE_EQ(kSchedule.at(49), 1e-3);
  EXPECT_DOUBLE_EQ(kSchedule.at(99), 2e-3);
  EXPECT_DOUBLE_EQ(kSchedule.at(100), 2e-3);
}

TEST(CosineSchedule, FallsAlongHalfACosine) {
  EXPECT_DOUBLE_EQ(kSchedule.at(600), (2e-3 + 1e-5) / 2);
  EXPECT_NEAR(kSchedule.at(350), 1e-5 + (2e-3 - 1e-5) * 0.8535533905932737, 1e-15);
  EXPECT_DOUBLE_EQ(kSchedule.at(1100), 1e-5);
  EXPECT_DOUBLE_EQ(kSchedule.at(5000), 1e-5);
  for (int step = 100; step < 1100; ++step) ASSERT_GE(kSchedule.at(step), kSchedule.at(step + 1));
}

TEST(CosineSchedule, WorksWithoutWarmUpAndWithNothingElse) {
  EXPECT_DOUBLE_EQ((CosineSchedule{.peak = 1, .floor = 0, .warmup_steps = 0, .total_steps = 10}.at(0)), 1);
  EXPECT_DOUBLE_EQ((CosineSchedule{.peak = 1, .floor = 0, .warmup_steps = 10, .total_steps = 10}.at(9)), 1);
}

TEST(EmaDecay, StartsSmallAndEndsAtTheGivenDecay) {
  EXPECT_DOUBLE_EQ(ema_decay_at(0, 0.999), 0.1);
  EXPECT_DOUBLE_EQ(ema_decay_at(90, 0.999), 0.91);
  EXPECT_DOUBLE_EQ(ema_decay_at(100000, 0.999), 0.999);
  EXPECT_DOUBLE_EQ(ema_decay_at(100000, 0), 0);
}

}  // namespace
}  // namespace orderscope
