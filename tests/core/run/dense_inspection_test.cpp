// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/dense_inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/run/attribution.h"
#include "core/run/order_inspection.h"
#include "tests/dense_golden.h"
#include "tests/horfpn.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

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
  EXPECT_FALSE((*inspection)->explain(99));
}

TEST(DenseInspection, ExplainsWhatIsSeenInARegion) {
  const auto model = test::dense_model("upernet_small_gf/checkpoint.pth");
  const auto inspection = DenseInspection::run(model, photo());
  ASSERT_TRUE(inspection) << inspection.error().message();
  const PhotoRegion region{100, 60, 80, 50};
  const auto view = (*inspection)->explain({{}, region});
  ASSERT_TRUE(view) << view.error().message();
  // The class that most pixels of the region have on the screen.
  const auto prediction = (*inspection)->prediction();
  const double scale = static_cast<double>(prediction->picture.width) / (*inspection)->input().crop.width;
  std::map<int, int> counts;
  for (int y = 0; y < prediction->picture.height; ++y)
    for (int x = 0; x < prediction->picture.width; ++x) {
      const double px = (x + 0.5) / scale, py = (y + 0.5) / scale;
      if (px >= 100 && px < 180 && py >= 60 && py < 110)
        ++counts[prediction->labels[static_cast<std::size_t>(y * prediction->picture.width + x)]];
    }
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  EXPECT_EQ(view->class_index, most->first);
  EXPECT_THAT(view->target, testing::HasSubstr("100,60,80,50"));
  // Asked for another class, the same pixels speak for that.
  const int other = most->first == 0 ? 1 : 0;
  const auto against = (*inspection)->explain({other, region});
  ASSERT_TRUE(against) << against.error().message();
  EXPECT_EQ(against->class_index, other);
  EXPECT_NE(against->cams[0].values, view->cams[0].values);
  EXPECT_FALSE((*inspection)->explain({{}, PhotoRegion{400, 200, 500, 500}})) << "beyond the picture";
}

TEST(DenseInspection, LevelsAreExplainedByMethodsThatSharePasses) {
  const auto model = test::dense_model("upernet_small_gf/checkpoint.pth");
  const std::vector<std::string> levels = level_taps(*model);
  EXPECT_THAT(levels,
              testing::IsSupersetOf({"norm0", "norm3", "decode_head.fpn_convs.0", "decode_head.fpn_bottleneck"}));
  EXPECT_TRUE(level_taps(*test::small_model("hornet_7x7")).empty());
  const auto inspection = DenseInspection::run(model, photo());
  ASSERT_TRUE(inspection) << inspection.error().message();
  const AttributionRun run((*inspection)->subject());
  AttributionTarget target;
  target.question.number = (*inspection)->scores()[1].index;
  std::vector<AttributionRequest> requests;
  for (const std::string& level : levels) requests.push_back({"gradcam", level, {}});
  for (const BlockInfo& block : model->blocks) requests.push_back({"gradcam", block.name, {}});
  requests.push_back({"occlusion", "", {}});
  const auto maps = run.maps(requests, target);
  ASSERT_TRUE(maps) << maps.error().message();
  for (std::size_t i = 0; i < levels.size(); ++i) {
    ASSERT_TRUE((*maps)[i]) << (*maps)[i].error().message();
    EXPECT_GT(size_of((*maps)[i]->maps.front().map), 0) << levels[i];
  }
  // At the blocks it is what the inspection itself gives.
  const auto view = (*inspection)->explain(*target.question.number);
  ASSERT_TRUE(view) << view.error().message();
  for (std::size_t b = 0; b < model->blocks.size(); ++b) {
    const Map& map = (*maps)[levels.size() + b]->maps.front().map;
    EXPECT_EQ(map.values, view->cams[b].values) << model->blocks[b].name;
    EXPECT_EQ(map.provenance.parameters.at("target"), view->target);
  }
  EXPECT_EQ(maps->back().error().kind, Error::Kind::Unsupported);
}

TEST(DenseInspection, BlocksAreTakenApartForARegionAndABox) {
  for (const char* fixture : {"upernet_small_gf", "maskrcnn_small"}) {
    const auto model = test::dense_model(std::string(fixture) + "/checkpoint.pth");
    const auto inspection = DenseInspection::run(model, photo());
    ASSERT_TRUE(inspection) << inspection.error().message();
    OrderInspection orders((*inspection)->subject());
    const DenseQuestion question{(*inspection)->scores()[0].index, {}};
    const std::string& block = model->blocks[1].name;
    const auto terms = orders.terms(block, false, question);
    ASSERT_TRUE(terms) << terms.error().message();
    double sum = 0;
    for (const OrderTerm& term : terms->terms) sum += term.contribution;
    // The terms' parts in float32 add up to the whole block's.
    EXPECT_NEAR(sum, terms->contribution, 1e-3 * (1 + std::abs(terms->contribution))) << fixture;
    EXPECT_EQ(terms->terms.front().contribution_map.unit, model->is_detector() ? "probability" : "logit");
    const auto channels = orders.channels(block + ".gnconv.gate.1", 2);
    ASSERT_TRUE(channels) << channels.error().message();
    EXPECT_EQ(channels->shown.size(), 2U);
    EXPECT_EQ(orders.mix(std::vector<OrderFactor>{{block, 1, 0.5}}).error().kind, Error::Kind::Unsupported);
  }
}

TEST(DenseInspection, HorFpnsGnConvsAreLookedIntoAsTheBackbones) {
  const test::TemporaryFolder folder;
  for (const bool filter : {false, true}) {
    const auto loaded = load_model(test::write_horfpn(folder.path(), filter));
    ASSERT_TRUE(loaded) << loaded.error().message();
    const auto inspection = DenseInspection::run(*loaded, photo());
    ASSERT_TRUE(inspection) << inspection.error().message();
    const BlockInfo& block = (*loaded)->blocks.back();
    ASSERT_TRUE(block.in_head);
    const BlockOrderMaps& maps = (*inspection)->order_maps().back();
    ASSERT_EQ(maps.order, 2);
    EXPECT_GT(size_of(maps.state[1][0]), 0);
    const auto view = (*inspection)->explain({{}, PhotoRegion{50, 50, 100, 100}});
    ASSERT_TRUE(view) << view.error().message();
    ASSERT_EQ(view->contributions.back().size(), 2U);
    EXPECT_GT(size_of(view->contributions.back()[0]), 0);
    OrderInspection orders((*inspection)->subject());
    const auto channels = orders.channels(block.name + ".gnconv.gate.2", 1);
    ASSERT_TRUE(channels) << channels.error().message();
    EXPECT_FALSE(channels->shown.front().kernel.empty());
    const auto terms = orders.terms(block.name, filter, DenseQuestion{{}, PhotoRegion{50, 50, 100, 100}});
    ASSERT_TRUE(terms) << terms.error().message();
    EXPECT_LT(terms->defect, 1e-3) << "rounding";
    double sum = 0;
    for (const OrderTerm& term : terms->terms) sum += term.contribution;
    EXPECT_NEAR(sum, terms->contribution, 1e-3 * (1 + std::abs(terms->contribution))) << "float32";
  }
}

TEST(DenseInspection, TheBoxThatFitsARegionBest) {
  Detections detections;
  detections.found.resize(2);
  detections.found[0].box = {0, 0, 100, 100};
  detections.found[1].box = {10, 10, 30, 30};
  EXPECT_EQ(box_in(detections, {12, 12, 20, 20}), 1);
  EXPECT_EQ(box_in(detections, {0, 0, 90, 90}), 0);
  EXPECT_EQ(box_in(detections, {200, 200, 10, 10}), std::nullopt);
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
