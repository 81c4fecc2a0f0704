// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/dense_inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/dense_golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

DecodedImage photo() { return *decode_image(std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png"); }

double size_of(const Map& map) {
  return std::accumulate(map.values.begin(), map.values.end(), 0.0,
                         [](double sum, float value) { return sum + std::abs(static_cast<double>(value)); });
}

TEST(DenseInspection, ExplainsTheClassesOfASegmentation) {
  const auto model = test::dense_model("upernet_small_gf/checkpoint.pth");
  const auto inspection = DenseInspection::run(model, photo());
  ASSERT_TRUE(inspection) << inspection.error().message();
  const auto prediction = (*inspection)->prediction();
  const std::size_t pixels = prediction->picture.rgb.size() / 3;
  ASSERT_EQ(prediction->labels.size(), pixels);
  double sum = 0;
  for (const ClassScore& score : (*inspection)->scores()) {
    const auto count = std::ranges::count(prediction->labels, score.index);
    EXPECT_FLOAT_EQ(score.probability, static_cast<float>(static_cast<double>(count) / static_cast<double>(pixels)));
    sum += static_cast<double>(score.probability);
  }
  EXPECT_NEAR(sum, 1, 1e-6) << "shares in float32";

  const auto first = (*inspection)->explain((*inspection)->scores()[0].index);
  const auto second = (*inspection)->explain((*inspection)->scores()[1].index);
  ASSERT_TRUE(first && second) << second.error().message();
  EXPECT_EQ(first->class_index, (*inspection)->scores()[0].index);
  ASSERT_EQ(first->contributions[0].size(), 2U);
  EXPECT_GT(size_of(first->contributions[0][1]), 0);
  EXPECT_NE(first->contributions[0][1].values, second->contributions[0][1].values);
  const auto levels = (*inspection)->level_cams();
  ASSERT_TRUE(levels) << levels.error().message();
  EXPECT_THAT(*levels, testing::Contains(testing::ResultOf([](const Map& map) { return map.provenance.layer; },
                                                           testing::Eq("norm3"))));
  EXPECT_FALSE((*inspection)->explain(99));
}

TEST(DenseInspection, ExplainsBoxesOfADetector) {
  const auto model = test::dense_model("maskrcnn_small/checkpoint.pth");
  const auto inspection = DenseInspection::run(model, photo());
  ASSERT_TRUE(inspection) << inspection.error().message();
  const auto& found = (*inspection)->prediction()->detections.found;
  ASSERT_FALSE(found.empty());
  ASSERT_EQ((*inspection)->scores().size(), found.size());
  EXPECT_EQ((*inspection)->scores()[0].probability, found[0].score);
  const auto view = (*inspection)->explain(0);
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_EQ(view->class_index, found[0].label);
  EXPECT_EQ(view->cams.size(), model->blocks.size());
  EXPECT_GT(size_of(view->contributions[0][0]), 0);
  EXPECT_FALSE((*inspection)->explain(static_cast<int>(found.size())));
}

TEST(DenseInspection, LeavesClassifiersToOthers) {
  EXPECT_FALSE(DenseInspection::run(test::small_model("hornet_7x7"), photo()));
}

}  // namespace
}  // namespace orderscope
