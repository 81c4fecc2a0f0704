// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/label_agreement.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace orderscope {
namespace {

/// Left of `edge` the first name, right of it the second, on a grid over a frame.
PlacedLabels halves(const Frame& frame, int height, int width, double edge, std::vector<std::string> names) {
  PlacedLabels placed;
  placed.height = height;
  placed.width = width;
  placed.frame = frame;
  placed.names = std::move(names);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) placed.labels.push_back(frame.cell_centre({y, x}, height, width).x < edge ? 0 : 1);
  return placed;
}

const ClassOverlap& named(const LabelAgreement& agreement, const std::string& name) {
  return *std::ranges::find(agreement.classes, name, &ClassOverlap::name);
}

TEST(LabelAgreement, ModelsMeetInThePhotoAndByNames) {
  const Frame whole(0, 0, 100, 80), crop(20, 0, 80, 80);
  // The second numbers its classes the other way round, and sees no more than a part of the photo.
  PlacedLabels second = halves(crop, 40, 40, 70, {"cat", "sky"});
  std::swap(second.names[0], second.names[1]);
  for (auto& label : second.labels) label = 1 - label;
  const auto agreement = label_agreement({halves(whole, 80, 100, 60, {"cat", "sky"}), second}, 80);
  ASSERT_TRUE(agreement) << agreement.error().message();
  EXPECT_EQ(agreement->frame, crop);
  EXPECT_EQ(agreement->differing.width, 80);
  // They differ from 60 to 70 of the 80 pixels that both see.
  EXPECT_NEAR(agreement->agreeing, 70.0 / 80, 1e-9) << "whole cells";
  EXPECT_EQ(agreement->differing.at(10, 45 - 0), 1) << "pixel 65 of the photo";
  EXPECT_EQ(agreement->differing.at(10, 10), 0);
  EXPECT_NEAR(named(*agreement, "cat").first, 40.0 / 80, 1e-9);
  EXPECT_NEAR(named(*agreement, "cat").second, 50.0 / 80, 1e-9);
  EXPECT_NEAR(named(*agreement, "cat").iou, 40.0 / 50, 1e-9);
}

TEST(LabelAgreement, OfThreeModelsThePairsCount) {
  const Frame whole(0, 0, 10, 10);
  const std::vector<std::string> names{"a", "b"};
  const auto agreement = label_agreement(
      {halves(whole, 10, 10, 5, names), halves(whole, 10, 10, 5, names), halves(whole, 10, 10, 8, names)}, 10);
  ASSERT_TRUE(agreement);
  EXPECT_NEAR(agreement->differing.at(0, 6), 2.0 / 3, 1e-6) << "float32";
  EXPECT_EQ(agreement->differing.at(0, 9), 0);
}

TEST(LabelAgreement, BoxesAreWhatIsSeenFromAScoreOn) {
  Model model;
  model.architecture.classes = 2;
  DensePrediction prediction;
  prediction.photo = {20, 10, std::vector<std::uint8_t>(600)};
  prediction.detections.found.resize(2);
  prediction.detections.found[0].box = {0, 0, 10, 10};
  prediction.detections.found[0].score = 0.9F;
  prediction.detections.found[0].label = 1;
  prediction.detections.found[1].box = {5, 0, 20, 10};
  prediction.detections.found[1].score = 0.2F;
  const PlacedLabels few = placed_labels(prediction, model, Frame(0, 0, 20, 10), 0.3);
  EXPECT_EQ(few.labels[7], 1) << "the better box lies on top";
  EXPECT_EQ(few.labels[15], -1) << "a score below the least";
  const PlacedLabels all = placed_labels(prediction, model, Frame(0, 0, 20, 10), 0.1);
  EXPECT_EQ(all.labels[7], 1);
  EXPECT_EQ(all.labels[15], 0);
}

TEST(LabelAgreement, RefusesWhatCannotBeCompared) {
  const PlacedLabels left = halves(Frame(0, 0, 10, 10), 4, 4, 5, {"a", "b"});
  EXPECT_FALSE(label_agreement({left}));
  EXPECT_FALSE(label_agreement({left, halves(Frame(20, 0, 10, 10), 4, 4, 5, {"a", "b"})}));
  EXPECT_FALSE(label_agreement({left, PlacedLabels()}));
}

}  // namespace
}  // namespace orderscope
