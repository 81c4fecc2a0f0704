// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/layer_statistics.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/analysis/array_difference.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

TEST(LayerStatistics, KnowsItsExtremes) {
  at::manual_seed(1);
  EXPECT_DOUBLE_EQ(layer_statistics(at::full({1, 4, 5, 6}, 2.0F)).energy, 4);
  EXPECT_NEAR(layer_statistics(at::full({1, 4, 5, 6}, 2.0F)).sparsity, 0, 1e-7);
  EXPECT_TRUE(std::isnan(layer_statistics(at::full({1, 4, 5, 6}, 2.0F)).effective_rank));
  at::Tensor single = at::zeros({1, 4, 5, 6});
  single[0][1][2][3] = -3;
  EXPECT_NEAR(layer_statistics(single).sparsity, 1, 1e-7);
  EXPECT_NEAR(layer_statistics(single).near_zero, 119.0 / 120, 1e-12);
  EXPECT_TRUE(std::isnan(layer_statistics(at::zeros({1, 4, 5, 6})).sparsity));

  // One direction; then three of equal strength, places along +- each axis.
  const at::Tensor line = at::randn({30, 1}) * at::randn({1, 8});
  EXPECT_NEAR(layer_statistics(line.view({1, 30, 8})).effective_rank, 1, 1e-3);  // float32 noise across the line
  at::Tensor axes = at::zeros({1, 6, 8});
  for (int i = 0; i < 3; ++i) axes[0][2 * i][i] = 1, axes[0][2 * i + 1][i] = -1;
  EXPECT_NEAR(layer_statistics(axes).effective_rank, 3, 1e-9);
  EXPECT_TRUE(std::isnan(layer_statistics(at::randn({1, 8})).effective_rank));
}

TEST(LayerStatistics, GivesNumbersForEveryBlock) {
  const auto model = test::small_model("swin");
  const at::Tensor image = test::golden_array("small/swin/in64x64/input.npy").slice(0, 0, 1);
  const auto values = check_values(layer_statistics_method().descriptor, {});
  ASSERT_TRUE(values);
  const std::vector<MethodRequest> requests{{&layer_statistics_method(), *values}};
  const auto outcome = run_methods({model, image}, requests, std::nullopt);
  ASSERT_TRUE(outcome && outcome->results[0]);
  EXPECT_EQ(outcome->results[0]->numbers.size(), 4 * model->blocks.size());
  EXPECT_EQ(outcome->results[0]->numbers[0].name, "layers.0.blocks.0.energy");
  for (const Number& number : outcome->results[0]->numbers) EXPECT_TRUE(std::isfinite(number.value)) << number.name;
  EXPECT_EQ(outcome->results[0]->curves.size(), 4U);
}

TEST(ArrayDifference, MeasuresAndCountsNaN) {
  const at::Tensor a = at::tensor({1.0F, 2.0F, -4.0F, 0.0F}).view({2, 2});
  const auto same = array_difference(a, a);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->max_abs, 0);
  EXPECT_EQ(same->relative, 0);
  EXPECT_DOUBLE_EQ(same->correlation, 1);

  const auto shifted = array_difference(a, a + 0.5);
  EXPECT_DOUBLE_EQ(shifted->max_abs, 0.5);
  EXPECT_DOUBLE_EQ(shifted->mean_abs, 0.5);
  EXPECT_DOUBLE_EQ(shifted->relative, 0.125);
  EXPECT_DOUBLE_EQ(array_difference(a, -a)->correlation, -1);
  EXPECT_TRUE(std::isnan(array_difference(a, at::ones({2, 2}))->correlation));

  at::Tensor b = a.clone();
  b[0][0] = std::nanf("");
  const auto with_nan = array_difference(a, b);
  EXPECT_EQ(with_nan->max_abs, 0);
  EXPECT_EQ(with_nan->not_finite_a, 0);
  EXPECT_EQ(with_nan->not_finite_b, 1);
  EXPECT_EQ(with_nan->not_finite_unlike, 1);
  EXPECT_EQ(array_difference(b, b)->not_finite_unlike, 0);

  const auto maps = array_difference(a, at::ones({4, 4}));
  ASSERT_FALSE(maps);
  EXPECT_THAT(maps.error().message(), testing::AllOf(testing::HasSubstr("2 x 2"), testing::HasSubstr("resolution")));
  EXPECT_FALSE(array_difference(at::empty({0}), at::empty({0})));
}

}  // namespace
}  // namespace orderscope
