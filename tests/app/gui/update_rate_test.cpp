// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/update_rate.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

namespace orderscope {
namespace {

TEST(UpdateRate, TellsTheMeanOnceTheyHaveStoppedAndNothingOfAFew) {
  UpdateRate rate;
  QSignalSpy measured(&rate, &UpdateRate::measured);
  constexpr int kUpdates = 6, kApart = 30;  // milliseconds
  for (int i = 0; i < kUpdates; ++i) {
    if (i > 0) QTest::qWait(kApart);
    rate.update();
  }
  EXPECT_EQ(measured.count(), 0) << "they may go on";
  ASSERT_TRUE(measured.wait(10'000));
  // A wait never ends early, but for the timer's millisecond; the pause at the end is no part of the mean.
  EXPECT_GE(measured[0][0].toDouble(), kApart - 1);
  rate.update();
  rate.update();
  EXPECT_FALSE(measured.wait(1'000)) << "two updates are no rate";
}

}  // namespace
}  // namespace orderscope
