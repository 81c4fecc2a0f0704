// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/faithfulness.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/analysis/randomisation_check.h"
#include "core/analysis/road.h"
#include "core/models/backbone.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

Map map_of(const at::Tensor& values) {
  const at::Tensor flat = values.to(at::kFloat).contiguous();
  Map map;
  map.height = static_cast<int>(flat.size(0));
  map.width = static_cast<int>(flat.size(1));
  map.values.assign(flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel());
  return map;
}

/// <weights, image>: a model whose faithful map, curves and areas can be written down.
ImageScore linear_score(const at::Tensor& weights) {
  return [=](std::int64_t count, const ImageMaker& image, std::string_view) -> Result<at::Tensor> {
    std::vector<at::Tensor> scores;
    for (std::int64_t i = 0; i < count; ++i) scores.push_back((image(i) * weights).sum(at::kDouble));
    return at::stack(scores);
  };
}

TEST(PixelRemoval, OrdersPixelsByValueAndTiesAsTheyAreRead) {
  const at::Tensor order = pixel_order(at::tensor({1.F, 5.F, 1.F, 7.F}).view({2, 2}));
  EXPECT_TRUE(at::equal(order, at::tensor({3, 1, 0, 2}, at::kLong)));
}

TEST(PixelRemoval, CurvesOfALinearModelHaveAClosedForm) {
  at::manual_seed(5);
  const at::Tensor image = at::rand({3, 6, 10}) + 0.5, weights = at::rand({3, 6, 10});
  const at::Tensor shares = (image * weights).sum(0);  // what each pixel adds to the score
  const at::Tensor black = at::zeros_like(image);
  const auto score = linear_score(weights);
  const auto curve = [&](const at::Tensor& saliency, bool deletion) {
    return *replacement_curve("c", deletion ? image : black, deletion ? black : image, pixel_order(saliency), 60,
                              score);
  };
  const Curve deletion = curve(shares, true), insertion = curve(shares, false);
  const at::Tensor sorted = std::get<0>(shares.flatten().sort(0, true)).to(at::kDouble);
  const double total = sorted.sum().item<double>();
  // After i pixels the i largest shares are gone. Float32 sums of 180 products of size 1.
  for (int i = 0; i <= 60; ++i) {
    const double gone = sorted.slice(0, 0, i).sum().item<double>();
    EXPECT_NEAR(deletion.y[i], total - gone, 1e-4);
    EXPECT_NEAR(insertion.y[i], gone, 1e-4);
    EXPECT_DOUBLE_EQ(deletion.x[i], i / 60.0);
  }
  // No other order falls faster: the perfect map beats random ones and its own reverse.
  for (int seed = 0; seed < 5; ++seed) {
    const at::Tensor random = at::rand({6, 10});
    EXPECT_LT(area_under(deletion), area_under(curve(random, true)));
    EXPECT_GT(area_under(insertion), area_under(curve(random, false)));
  }
  EXPECT_GT(area_under(curve(-shares, true)), area_under(deletion));
  // Deleting in one order is inserting in the reverse: the areas add up to the score.
  EXPECT_NEAR(area_under(deletion) + area_under(insertion), total, 1e-4 * total);
}

TEST(PixelRemoval, AreaIsTheTrapezoidalRules) {
  EXPECT_DOUBLE_EQ(area_under({"", "", "", {0, 0.5, 1}, {1, 0.5, 0.2}}), 0.5 * 0.75 + 0.5 * 0.35);
}

/// Largest violation of "a removed pixel is the weighted mean of its neighbours", written out pixel by pixel.
double imputation_defect(const at::Tensor& filled, const at::Tensor& removed) {
  double worst = 0;
  const auto x = filled.accessor<double, 3>();
  const auto gone = removed.accessor<bool, 2>();
  for (int64_t c = 0; c < filled.size(0); ++c)
    for (int64_t i = 0; i < filled.size(1); ++i)
      for (int64_t j = 0; j < filled.size(2); ++j) {
        if (!gone[i][j]) continue;
        double sum = 0, weights = 0;
        for (int64_t y = std::max<int64_t>(0, i - 1); y <= std::min(filled.size(1) - 1, i + 1); ++y)
          for (int64_t k = std::max<int64_t>(0, j - 1); k <= std::min(filled.size(2) - 1, j + 1); ++k) {
            if (y == i && k == j) continue;
            const double w = y == i || k == j ? 1.0 / 6 : 1.0 / 12;
            sum += w * x[c][y][k];
            weights += w;
          }
        worst = std::max(worst, std::abs(x[c][i][j] - sum / weights));
      }
  return worst;
}

TEST(Road, ImputationSolvesItsLinearSystem) {
  at::manual_seed(3);
  const at::Tensor image = at::randn({3, 24, 31});
  for (const double share : {0.01, 0.5, 0.9, 0.995}) {
    const at::Tensor removed = at::rand({24, 31}) < share;
    const auto filled = linear_imputation(image, removed);
    ASSERT_TRUE(filled) << filled.error().message();
    EXPECT_LT(imputation_defect(*filled, removed), 1e-5) << share;  // relative residual 1e-7 of values of size 1
    EXPECT_EQ(test::max_abs_difference(filled->masked_select(removed.logical_not()),
                                       image.masked_select(removed.logical_not())),
              0);
  }
}

TEST(Road, ALinearRampIsImputedAsItself) {
  const at::Tensor image = (at::arange(20).view({1, 1, 20}) + 3 * at::arange(20).view({1, 20, 1})).to(at::kFloat);
  at::Tensor removed = at::zeros({20, 20}, at::kBool);
  removed.slice(0, 4, 15).slice(1, 6, 17).fill_(true);  // away from the rim, where the weights are one-sided
  const auto filled = linear_imputation(image, removed);
  ASSERT_TRUE(filled);
  EXPECT_LT(test::max_abs_difference(*filled, image), 1e-4);  // residual 1e-7 of 80, times the system's condition
}

TEST(Road, NothingLeftIsAnError) {
  EXPECT_FALSE(linear_imputation(at::ones({3, 4, 4}), at::ones({4, 4}, at::kBool)));
  EXPECT_FALSE(linear_imputation(at::full({3, 4, 4}, NAN), at::zeros({4, 4}, at::kBool)));
}

TEST(Road, AFaithfulMapTellsMostFromLeastRelevant) {
  // A bright spot on noise: a score that looks at the spot only.
  at::manual_seed(1);
  at::Tensor image = 0.1 * at::randn({3, 32, 32}), weights = at::zeros({3, 32, 32});
  image.slice(1, 8, 16).slice(2, 10, 18).add_(1);
  weights.slice(1, 8, 16).slice(2, 10, 18).fill_(1.0 / 192);
  const auto combined = [&](const at::Tensor& saliency) {
    return road(image, pixel_order(saliency), {0.1, 0.3, 0.5, 0.7, 0.9}, 0.01, 7, linear_score(weights))->combined;
  };
  const double faithful = combined(weights.sum(0));
  EXPECT_GT(faithful, 0.3);
  EXPECT_LT(combined(-weights.sum(0)), -0.3);
  // A random map removes the spot evenly in both orders.
  EXPECT_NEAR(combined(at::rand({32, 32})), 0, 0.1);
}

TEST(Road, IsTheSameForTheSameSeed) {
  const at::Tensor image = at::rand({3, 8, 8}), saliency = at::rand({8, 8});
  const auto run = [&](std::uint64_t seed) {
    return road(image, pixel_order(saliency), {0.5}, 0.1, seed, linear_score(at::rand({3, 8, 8}) * 0 + 1))->most.y;
  };
  EXPECT_EQ(run(4), run(4));
  EXPECT_NE(run(4), run(5));
}

TEST(ConfidenceChange, ByHand) {
  EXPECT_DOUBLE_EQ(confidence_change(0.8, 0.6).average_drop, 100 * 0.2 / 0.8);
  EXPECT_EQ(confidence_change(0.8, 0.6).increase, 0);
  EXPECT_EQ(confidence_change(0.8, 0.9).average_drop, 0);
  EXPECT_EQ(confidence_change(0.8, 0.9).increase, 1);
  EXPECT_EQ(confidence_change(0.8, 0.8).increase, 0);
  EXPECT_EQ(confidence_change(0, 0.5).average_drop, 0);
}

TEST(ExplanationMask, IsThePositivePartScaled) {
  EXPECT_TRUE(at::allclose(explanation_mask(at::tensor({-3.F, 0.F, 2.F, 4.F})), at::tensor({0.F, 0.F, .5F, 1.F})));
  EXPECT_EQ(explanation_mask(at::tensor({-3.F, -1.F})).max().item<float>(), 0);
}

TEST(RankCorrelation, ByHand) {
  const std::vector<float> a{1, 2, 3, 4, 5}, same{2, 4, 8, 16, 32}, reverse{5, 4, 3, 2, 1}, flat{1, 1, 1, 1, 1};
  EXPECT_DOUBLE_EQ(rank_correlation(a, same), 1);
  EXPECT_DOUBLE_EQ(rank_correlation(a, reverse), -1);
  EXPECT_TRUE(std::isnan(rank_correlation(a, flat)));
  // Ranks 0 1.5 1.5 3 4 against 0 1 2 3 4: 9.5 / sqrt(9.5 * 10).
  EXPECT_NEAR(rank_correlation(std::vector<float>{1, 2, 2, 3, 4}, a), 9.5 / std::sqrt(95.0), 1e-12);
}

struct FaithfulnessTest : testing::Test {
  Subject subject{test::small_model("hornet_gf"), test::golden_array("small/hornet_gf/in96x80/input.npy")};
  FaithfulnessSettings settings;

  FaithfulnessTest() { settings.steps = 4; }
};

double number(const MethodResult& result, const std::string& name) {
  for (const Number& n : result.numbers)
    if (n.name == name) return n.value;
  throw std::runtime_error("no number " + name);
}

TEST_F(FaithfulnessTest, CurvesEndWhereTheyMust) {
  at::manual_seed(2);
  const Map map = map_of(at::rand({6, 5}));
  const auto result = faithfulness(subject, map, 2, settings);
  ASSERT_TRUE(result) << result.error().message();
  const auto probability = [&](const at::Tensor& images) {
    const at::NoGradGuard no_grad;
    return at::softmax(subject.model->backbone->forward(images), 1)[0][2].item<double>();
  };
  const double full = probability(subject.image), empty = probability(at::zeros_like(subject.image));
  ASSERT_EQ(result->curves.size(), 4U);
  const Curve &deletion = result->curves[0], &insertion = result->curves[1];
  ASSERT_EQ(deletion.y.size(), 5U);
  // Another batch size sums in another order: 1e-5 in logits of size 1.
  EXPECT_NEAR(deletion.y.front(), full, 1e-5);
  EXPECT_NEAR(deletion.y.back(), empty, 1e-5);
  EXPECT_NEAR(insertion.y.back(), full, 1e-5);
  EXPECT_NEAR(result->curves[2].y.front(), full, 1e-5);
  EXPECT_NEAR(number(*result, "confidence"), full, 1e-5);
  EXPECT_DOUBLE_EQ(number(*result, "deletion.auc"), area_under(deletion));
}

TEST_F(FaithfulnessTest, PointsIntoTheBoxOrNot) {
  at::Tensor values = at::zeros({96, 80});
  values[30][50] = 1;
  settings.box = PixelBox{48, 20, 10, 20};
  const auto hit = faithfulness(subject, map_of(values), 0, settings);
  ASSERT_TRUE(hit) << hit.error().message();
  EXPECT_EQ(number(*hit, "pointing.hit"), 1);
  EXPECT_EQ(number(*hit, "pointing.x"), 50);
  EXPECT_EQ(number(*hit, "pointing.y"), 30);
  settings.box = PixelBox{20, 48, 20, 10};
  EXPECT_EQ(number(*faithfulness(subject, map_of(values), 0, settings), "pointing.hit"), 0);
  settings.box = PixelBox{80, 0, 5, 5};
  EXPECT_FALSE(faithfulness(subject, map_of(values), 0, settings));
}

TEST_F(FaithfulnessTest, UniformMapsAreWarnedOfAndNanIsAnError) {
  const auto uniform = faithfulness(subject, map_of(at::ones({6, 5})), 0, settings);
  ASSERT_TRUE(uniform);
  EXPECT_THAT(uniform->warnings, testing::ElementsAre(HasSubstr("uniform")));
  EXPECT_FALSE(faithfulness(subject, map_of(at::full({6, 5}, NAN)), 0, settings));
}

TEST_F(FaithfulnessTest, RandomisationChangesGradientMapsAndLeavesTheModelAlone) {
  const Method* method = find_method("layercam");
  const auto values = check_values(method->descriptor, {{"layer", "stages.2.1"}});
  ASSERT_TRUE(values);
  const at::NoGradGuard no_grad;
  const at::Tensor before = subject.model->backbone->forward(subject.image);
  for (const auto& [step, parts] :
       {std::pair{RandomisationStep::Stages, 6}, std::pair{RandomisationStep::Blocks, 10}}) {
    const auto check = randomisation_check(subject, {method, *values}, 1, step, 3);
    ASSERT_TRUE(check) << check.error().message();
    const Curve& rank = check->curves[0];
    // Head, four stages with what comes before them, stem; or head, five blocks, three downsamplings, stem.
    ASSERT_EQ(rank.x.size(), static_cast<std::size_t>(parts + 1));
    EXPECT_EQ(rank.y.front(), 1);
    for (const double y : rank.y) EXPECT_LE(std::abs(y), 1 + 1e-12);
    EXPECT_LT(std::abs(rank.y.back()), 0.9);
    EXPECT_EQ(check->curves[0].y, randomisation_check(subject, {method, *values}, 1, step, 3)->curves[0].y);
  }
  EXPECT_TRUE(at::equal(before, subject.model->backbone->forward(subject.image)));
}

TEST_F(FaithfulnessTest, AMapThatIgnoresTheWeightsIsFoundOut) {
  static const MethodDescriptor descriptor{"test-constant", "Test", "", {}, false, false, "map"};
  const Method ignores{descriptor, {}, [](const MethodCall&, const JobContext&) -> Result<MethodResult> {
                         return MethodResult{{{"input", map_of(at::arange(20).view({4, 5}))}}, {}, {}, {}, {}};
                       }};
  const auto check = randomisation_check(subject, {&ignores, {}}, 1, RandomisationStep::Stages, 3);
  ASSERT_TRUE(check);
  for (const double y : check->curves[0].y) EXPECT_DOUBLE_EQ(y, 1);
}

}  // namespace
}  // namespace orderscope
