// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/inspection.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "core/run/model_input.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

struct InspectionTest : testing::Test {
  std::shared_ptr<const Model> model = test::small_model("hornet_gf");
  DecodedImage photo = *decode_image(std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png");
  InputImage input = *preprocess(photo, model->preprocessing);
};

TEST_F(InspectionTest, HasScoresAndMapsOfEveryBlock) {
  const auto inspection = Inspection::run(model, input);
  ASSERT_TRUE(inspection) << inspection.error().message();
  const auto& scores = (*inspection)->scores();
  ASSERT_EQ(scores.size(), 10U);
  EXPECT_TRUE(
      std::is_sorted(scores.begin(), scores.end(), [](const auto& a, const auto& b) { return a.logit > b.logit; }));
  // A softmax of ten float32 values sums to 1 within a few roundings.
  EXPECT_NEAR(
      std::accumulate(scores.begin(), scores.end(), 0.0, [](double sum, const auto& s) { return sum + s.probability; }),
      1, 1e-6);
  ASSERT_EQ((*inspection)->order_maps().size(), model->blocks.size());
  const Map* map = (*inspection)->order_maps()[3].find(OrderQuantity::Gate, 4, ChannelReduction::L2);
  ASSERT_NE(map, nullptr);
  EXPECT_EQ(map->height, 4);
  EXPECT_EQ(map->provenance.layer, "stages.2.1.gnconv.gate.4");
  EXPECT_EQ(map->provenance.model_sha256, model->sha256);
  EXPECT_EQ(map->provenance.image_sha256, photo.sha256);
  EXPECT_THAT(map->provenance.preprocessing, HasSubstr("crop 64"));
}

TEST_F(InspectionTest, ExplainsOneClassAfterTheOther) {
  const auto inspection = Inspection::run(model, input);
  ASSERT_TRUE(inspection);
  const auto first = (*inspection)->explain(2), second = (*inspection)->explain(5), again = (*inspection)->explain(2);
  ASSERT_TRUE(first && second && again);
  ASSERT_EQ(first->cams.size(), model->blocks.size());
  EXPECT_EQ(first->contributions[3].size(), 4U);
  EXPECT_NE(first->cams[3].values, second->cams[3].values);
  EXPECT_EQ(first->cams[3].values, again->cams[3].values);
  EXPECT_EQ(first->cams[3].provenance.parameters.at("class"), "2");
  EXPECT_FALSE((*inspection)->explain(10));
}

TEST_F(InspectionTest, MixesOrdersAndStaysWhatItIs) {
  const auto inspection = Inspection::run(model, input);
  ASSERT_TRUE(inspection);
  const float before = (*inspection)->scores().front().logit;
  const std::vector<OrderFactor> factors{{"stages.1.0", 2, 0}, {"stages.2.1", 4, 1}};
  const auto mixed = (*inspection)->mix(factors);
  ASSERT_TRUE(mixed) << mixed.error().message();
  ASSERT_EQ(mixed->size(), 10U);
  EXPECT_NE(mixed->front().logit, before);
  EXPECT_EQ((*inspection)->scores().front().logit, before);
  const auto untouched = (*inspection)->mix({});
  ASSERT_TRUE(untouched);
  // Not the same kernels: this pass needs no gradients.
  EXPECT_NEAR(untouched->front().logit, before, 2e-5);
  EXPECT_FALSE((*inspection)->mix(std::vector<OrderFactor>{{"stages.1.0", 4, 0}}));
  EXPECT_TRUE((*inspection)->explain(2));
}

TEST_F(InspectionTest, ShowsAnyChannel) {
  const auto inspection = Inspection::run(model, input);
  ASSERT_TRUE(inspection);
  const auto map = (*inspection)->channel("stages.2.1.gnconv.gate.3", 31);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->width, 4);
  EXPECT_TRUE(map->is_signed);
  EXPECT_THAT((*inspection)->channel("stages.2.1.gnconv.gate.3", 32).error().message(), HasSubstr("0 to 31"));
  EXPECT_FALSE((*inspection)->channel("norm", 0));
  EXPECT_FALSE((*inspection)->channel("nowhere", 0));
}

TEST_F(InspectionTest, MeanOfTheChannelsIsTheMeanMap) {
  const auto inspection = Inspection::run(model, input);
  ASSERT_TRUE(inspection);
  const Map* mean = (*inspection)->order_maps()[3].find(OrderQuantity::State, 1, ChannelReduction::Mean);
  ASSERT_NE(mean, nullptr);
  std::vector<double> sum(mean->values.size());
  for (int c = 0; c < 8; ++c) {
    const auto channel = (*inspection)->channel("stages.2.1.gnconv.state.1", c);
    ASSERT_TRUE(channel);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += channel->values[i] / 8;
  }
  for (std::size_t i = 0; i < sum.size(); ++i)
    EXPECT_NEAR(sum[i], mean->values[i], 1e-6) << "rounding of eight float32 sums";
}

TEST(Inspection, SwinHasCamsButNoOrders) {
  const auto model = test::small_model("swin128");
  const DecodedImage photo = *decode_image(std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png");
  const auto inspection = Inspection::run(model, *preprocess(photo, model->preprocessing));
  ASSERT_TRUE(inspection) << inspection.error().message();
  EXPECT_EQ((*inspection)->order_maps()[0].order, 0);
  const auto view = (*inspection)->explain(0);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->cams.front().height, 32);
  EXPECT_EQ(view->cams.back().height, 4);
}

TEST(Inspection, StopsWhenAsked) {
  const auto model = test::small_model("hornet_7x7");
  const DecodedImage photo = *decode_image(std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png");
  std::stop_source stop;
  stop.request_stop();
  JobContext job;
  job.stop = stop.get_token();
  const auto inspection = Inspection::run(model, *preprocess(photo, model->preprocessing), job);
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().kind, Error::Kind::Cancelled);
}

}  // namespace
}  // namespace orderscope
