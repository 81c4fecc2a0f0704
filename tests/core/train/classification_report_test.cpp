// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/classification_report.h"

#include <gtest/gtest.h>

namespace orderscope {
namespace {

TEST(WilsonInterval, EqualsPublishedValues) {
  // Newcombe 1998, table I: 81 of 263 and 0 of 20, to the four digits printed there.
  EXPECT_NEAR(wilson_interval(81, 263).low, 0.2553, 5e-5);
  EXPECT_NEAR(wilson_interval(81, 263).high, 0.3662, 5e-5);
  EXPECT_NEAR(wilson_interval(0, 20).low, 0, 1e-12);
  EXPECT_NEAR(wilson_interval(0, 20).high, 0.1611, 5e-5);
  EXPECT_EQ(wilson_interval(0, 0).high, 1);
}

TEST(ClassificationReport, CountsByHand) {
  // Label, predicted, rank of the label, confidence, loss, Brier score.
  const std::vector<Prediction> predictions{{0, 0, 0, 0.9F, 0.1F, 0.02F},
                                            {0, 1, 1, 0.58F, 1.0F, 0.80F},
                                            {1, 1, 0, 0.9F, 0.1F, 0.02F},
                                            {2, 1, 6, 0.3F, 4.0F, 1.16F}};
  const auto report = classification_report(predictions, 8);
  EXPECT_EQ(report.overall.images, 4);
  EXPECT_DOUBLE_EQ(report.overall.top1, 0.5);
  EXPECT_DOUBLE_EQ(report.overall.top5, 0.75);
  EXPECT_NEAR(report.overall.loss, 1.3, 1e-6);
  EXPECT_NEAR(report.brier, 0.5, 1e-6);
  EXPECT_EQ(report.classes[0].images, 2);
  EXPECT_EQ(report.classes[0].hits, 1);
  EXPECT_EQ(report.classes[1].predicted, 3);
  EXPECT_EQ(report.confusion[0 * 8 + 1], 1);
  EXPECT_EQ(report.confusion[2 * 8 + 1], 1);
  // Bins: two at 0.9 (both right), one at 0.58 (wrong), one at 0.3 (wrong): (2 * 0.1 + 0.58 + 0.3) / 4.
  EXPECT_NEAR(report.calibration_error, 0.27, 1e-6);
  EXPECT_EQ(report.bins[13].images, 2);
  EXPECT_EQ(report.bins[8].images, 1);
  EXPECT_EQ(report.bins[4].images, 1);
}

TEST(ClassificationReport, OfNothingIsEmpty) {
  const auto report = classification_report({}, 3);
  EXPECT_EQ(report.overall.images, 0);
  EXPECT_EQ(report.calibration_error, 0);
}

}  // namespace
}  // namespace orderscope
