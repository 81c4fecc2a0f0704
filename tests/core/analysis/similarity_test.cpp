// SPDX-License-Identifier: GPL-3.0-or-later
// Linear CKA, class-score agreement and aligned PCA colours.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/analysis/agreement.h"
#include "core/analysis/cka.h"
#include "core/analysis/pca_rgb.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

TensorSource cka_inputs() {
  const at::Tensor x = test::golden_array("cka/inputs_x64_int16.npy").to(at::kFloat) / 64;
  return {x.size(0), [x](std::int64_t i) -> Result<at::Tensor> { return x.slice(0, i, i + 1); }};
}

CkaSide reference_side(const std::string& name, const nlohmann::json& layers) {
  const auto model = test::small_model(name);
  CkaSide side{model->backbone, {}, cka_inputs()};
  for (const std::string layer : layers) side.layers.push_back(test::tap_name(layer, model->architecture.family));
  return side;
}

TEST(Cka, EqualsThePlainFormulaForEveryEstimator) {
  const auto manifest = test::golden_json("cka/manifest.json");
  int compared = 0;
  for (const auto& [name, expected] : manifest["matrices"].items()) {
    const std::string estimator = name.substr(0, name.find(':'));
    const std::string models = name.substr(name.find(':') + 1);
    const std::string a = models.substr(0, models.find('|')), b = models.substr(models.find('|') + 1);
    CkaOptions options;
    options.estimator = estimator == "biased"     ? CkaEstimator::Biased
                        : estimator == "unbiased" ? CkaEstimator::Unbiased
                                                  : CkaEstimator::Minibatch;
    options.batch = 8;
    const auto found = linear_cka(reference_side(a, manifest["rows"]), reference_side(b, manifest["cols"]), options);
    ASSERT_TRUE(found) << found.error().message();
    // The makers' tolerances: the features are float32, and the unbiased estimator is a difference of large numbers.
    const double bound = estimator == "biased" ? 1e-4 : 1e-3;
    for (std::size_t i = 0; i < found->matrix.rows.size(); ++i)
      for (std::size_t j = 0; j < found->matrix.columns.size(); ++j, ++compared)
        EXPECT_NEAR(found->matrix.at(i, j), expected[i][j].get<double>(), bound) << name << " " << i << " " << j;
  }
  EXPECT_GE(compared, 100);
}

TEST(Cka, LayersThatDoNotFitTogetherAreTakenInTurn) {
  const auto manifest = test::golden_json("cka/manifest.json");
  const CkaSide side = reference_side("hornet_7x7", manifest["rows"]);
  CkaOptions one_pass, many;
  many.grams.memory_budget = 1;
  many.grams.images_a_pass = 3;
  const auto a = linear_cka(side, side, one_pass), b = linear_cka(side, side, many);
  ASSERT_TRUE(a && b);
  // The batch a forward pass runs in moves its float32 sums.
  for (std::size_t i = 0; i < a->matrix.values.size(); ++i) EXPECT_NEAR(a->matrix.values[i], b->matrix.values[i], 1e-6);
}

TEST(Cka, IgnoresRotationScaleAndShiftOfTheFeatures) {
  at::manual_seed(2);
  const at::Tensor x = at::randn({12, 9}), y = at::randn({12, 5});
  const at::Tensor q = std::get<0>(at::linalg_qr(at::randn({9, 9})));
  const at::Tensor turned = at::matmul(x, q) * 7 + at::randn({1, 9}) * 100;
  for (const bool unbiased : {false, true}) {
    const auto cka = [&](const at::Tensor& u, const at::Tensor& v) {
      const at::Tensor k = gram_of("u", u).gram, l = gram_of("v", v).gram;
      return hsic(k, l, unbiased) / std::sqrt(hsic(k, k, unbiased) * hsic(l, l, unbiased));
    };
    // float32 features of size 100.
    EXPECT_NEAR(cka(x, y), cka(turned, y), 1e-4);
    EXPECT_NEAR(cka(x, turned), 1, 1e-4);
  }
}

TEST(Cka, AConstantLayerOrOneOfNaNHasNoValueAndIsNamed) {
  const auto model = test::small_model("convnext");
  const at::Tensor same = at::randn({1, 3, 64, 64});
  CkaSide side{
      model->backbone, {"stages.0.0", "stages.3.0"}, {5, [same](std::int64_t) -> Result<at::Tensor> { return same; }}};
  const auto constant = linear_cka(side, side, {});
  ASSERT_TRUE(constant) << constant.error().message();
  for (const double value : constant->matrix.values) EXPECT_TRUE(std::isnan(value));
  EXPECT_THAT(constant->warnings, testing::Contains(testing::AllOf(testing::HasSubstr("stages.3.0"),
                                                                   testing::HasSubstr("the same for all images"))));

  side.images.image = [](std::int64_t i) -> Result<at::Tensor> {
    at::Tensor x = at::randn({1, 3, 64, 64});
    if (i == 2) x.fill_(std::numeric_limits<float>::quiet_NaN());
    return x;
  };
  const auto broken = linear_cka(side, side, {});
  ASSERT_TRUE(broken);
  EXPECT_TRUE(std::isnan(broken->matrix.values[0]));
  EXPECT_THAT(broken->warnings, testing::Contains(testing::HasSubstr("NaN or Inf")));
}

TEST(Cka, TooFewImagesAreRefusedAndARestIsNamed) {
  const auto model = test::small_model("convnext");
  CkaSide side{model->backbone, {"stages.0.0"}, {3, [](std::int64_t) -> Result<at::Tensor> {
                                                   return at::randn({1, 3, 64, 64});
                                                 }}};
  CkaOptions options;
  options.estimator = CkaEstimator::Unbiased;
  EXPECT_FALSE(linear_cka(side, side, options));
  side.images.count = 1;
  EXPECT_FALSE(linear_cka(side, side, {}));
  side.images.count = 7;
  options.estimator = CkaEstimator::Minibatch;
  options.batch = 5;
  const auto found = linear_cka(side, side, options);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->images, 5);
  EXPECT_THAT(found->warnings, testing::Contains(testing::HasSubstr("2 images")));
}

TEST(Agreement, KnowsItsExtremes) {
  const at::Tensor a = at::tensor({3.0F, 2.0F, 1.0F, 0.0F}).view({1, 4});
  const auto same = score_agreement(a, a * 2);
  ASSERT_TRUE(same);
  EXPECT_TRUE((*same)[0].same_top1);
  EXPECT_DOUBLE_EQ((*same)[0].rank_correlation, 1);
  EXPECT_GT((*same)[0].js_divergence, 0);
  EXPECT_EQ((*score_agreement(a, a))[0].js_divergence, 0);

  const auto opposite = score_agreement(a * 100, a.flip(1) * 100);
  EXPECT_FALSE((*opposite)[0].same_top1);
  EXPECT_DOUBLE_EQ((*opposite)[0].rank_correlation, -1);
  EXPECT_NEAR((*opposite)[0].js_divergence, 1, 1e-12);  // disjoint to double precision: exp(-100)

  // Ties share their rank: (1, 2.5, 2.5, 4) against (1, 2, 3, 4) has Spearman's 4.5 / sqrt(4.5 * 5).
  const auto ties = score_agreement(at::tensor({0.0F, 1.0F, 1.0F, 2.0F}).view({1, 4}),
                                    at::tensor({0.0F, 1.0F, 2.0F, 3.0F}).view({1, 4}));
  EXPECT_NEAR((*ties)[0].rank_correlation, 4.5 / std::sqrt(22.5), 1e-12);
  EXPECT_TRUE(std::isnan((*score_agreement(a, at::ones({1, 4})))[0].rank_correlation));
  EXPECT_TRUE(std::isnan((*score_agreement(a, a * std::nan("")))[0].js_divergence));
  EXPECT_FALSE(score_agreement(a, at::ones({1, 5})));
}

TEST(PcaRgb, ALayerThatIsTheSameButForARotationGetsTheSameColours) {
  at::manual_seed(11);
  // Three strong directions, so that the components are well apart.
  const at::Tensor x = at::randn({16, 12, 10}) * 0.01F;
  for (int c = 0; c < 3; ++c) x[c].add_(at::randn({12, 10}) * (3.0 - 0.8 * c));
  const at::Tensor q = std::get<0>(at::linalg_qr(at::randn({24, 16})));
  const at::Tensor y = at::tensordot(q, x, {1}, {0}) * 5 + 3;
  const auto found = pca_rgb({x, y});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_NEAR((*found)[1].alignment, 1, 1e-6);
  // Float32 of values around 1.
  EXPECT_LT(test::max_abs_difference((*found)[0].rgb, (*found)[1].rgb), 1e-4);
  EXPECT_GT((*found)[0].variance[0], (*found)[0].variance[1]);
  EXPECT_NEAR((*found)[0].variance[0] + (*found)[0].variance[1] + (*found)[0].variance[2], 1, 1e-2);
}

TEST(PcaRgb, OtherGridsFewChannelsAndBadInput) {
  at::manual_seed(12);
  const auto found = pca_rgb({at::randn({8, 14, 14}), at::randn({2, 7, 9})});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ((*found)[1].rgb.sizes(), (std::vector<std::int64_t>{3, 7, 9}));
  EXPECT_LE((*found)[1].alignment, 1);
  EXPECT_FALSE(pca_rgb({}));
  EXPECT_FALSE(pca_rgb({at::randn({8, 1, 1})}));
  EXPECT_FALSE(pca_rgb({at::ones({8, 4, 4})}));
  EXPECT_FALSE(pca_rgb({at::full({8, 4, 4}, std::nan(""))}));
}

}  // namespace
}  // namespace orderscope
