// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/area_ratio.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/analysis/radial.h"

namespace orderscope {
namespace {

TEST(AreaRatio, OfAUniformMapIsTheFirstSquareAboveTheShare) {
  // 20 x 20, centre (10, 10): side 2 i + 1 holds (2 i + 1)^2 / 400.
  const auto square = area_ratios(at::ones({20, 20}, at::kDouble));
  ASSERT_TRUE(square[0] && square[1] && square[2]);
  EXPECT_EQ(square[0]->side, 9);   // 81 / 400 > 0.2
  EXPECT_EQ(square[1]->side, 11);  // 121 / 400 > 0.3
  EXPECT_EQ(square[2]->side, 15);  // 225 / 400 > 0.5
  EXPECT_FALSE(square[3]);         // 19^2 / 400 = 0.9025 is the largest that is tried
  EXPECT_DOUBLE_EQ(square[2]->ratio, 225.0 / 400);

  // 8 x 20: beyond side 9 a square loses its rows; from row 4, i reaches up at most 4 and down at most 3.
  const auto wide = area_ratios(at::ones({8, 20}, at::kDouble));
  ASSERT_TRUE(wide[2]);
  EXPECT_EQ(wide[2]->side, 11);
  EXPECT_DOUBLE_EQ(wide[2]->ratio, 8 * 11 / 160.0);
  const auto tall = area_ratios(at::ones({20, 8}, at::kDouble));
  EXPECT_EQ(tall[2]->side, 11);
  EXPECT_DOUBLE_EQ(tall[2]->ratio, 8 * 11 / 160.0);

  for (const auto& ratio : area_ratios(at::zeros({16, 16}, at::kDouble))) EXPECT_FALSE(ratio);
  for (const auto& ratio : area_ratios(at::ones({1, 1}, at::kDouble))) EXPECT_FALSE(ratio);
}

TEST(AreaRatio, BootstrapIntervalsHoldTheValueAndVanishForEqualImages) {
  at::manual_seed(5);
  std::vector<at::Tensor> maps;
  const at::Tensor y = at::arange(64).view({64, 1}) - 32, x = at::arange(48).view({1, 48}) - 24;
  for (int i = 0; i < 12; ++i) {
    const double width = 6 + i;
    maps.push_back(at::exp(-(y * y + x * x).to(at::kFloat) / (2 * width * width)) * 10);
  }
  const auto measured = [&](const std::vector<at::Tensor>& images) {
    const auto found = area_ratios(erf_scaled(at::stack(images).mean(0), ErfScale::Log10));
    std::vector<AreaMeasure> measures;
    for (std::size_t t = 0; t < found.size(); ++t) measures.push_back({kErfThresholds[t], found[t], false, {}, {}});
    EXPECT_TRUE(bootstrap_ratios(images, ErfScale::Log10, 300, 7, measures));
    return measures;
  };
  for (const AreaMeasure& m : measured(maps)) {
    if (!m.value || !m.low || !m.high) continue;
    EXPECT_LE(*m.low, m.value->ratio);
    EXPECT_GE(*m.high, m.value->ratio);
    EXPECT_LT(*m.low, *m.high);
  }
  const auto equal = measured(std::vector<at::Tensor>(5, maps[3]));
  ASSERT_TRUE(equal[2].value && equal[2].low);
  EXPECT_DOUBLE_EQ(*equal[2].low, equal[2].value->ratio);
  EXPECT_DOUBLE_EQ(*equal[2].high, equal[2].value->ratio);
}

TEST(RadialProfile, OfADiscFindsItsHalfMassRadius) {
  Map map;
  map.height = map.width = 101;
  for (int y = 0; y < 101; ++y)
    for (int x = 0; x < 101; ++x) map.values.push_back(std::hypot(y - 50, x - 50) <= 40 ? 1.0F : 0.0F);
  const RadialProfile profile = radial_profile(map, 50, 50);
  // Half of a disc's area lies within 1 / sqrt(2) of its radius; pixels make it uneven by less than one.
  EXPECT_NEAR(profile.half_mass_radius, 40 / std::sqrt(2.0), 1);
  EXPECT_FLOAT_EQ(profile.mean.y.front(), 1);
  EXPECT_FLOAT_EQ(profile.mean.y.back(), 0);
  EXPECT_DOUBLE_EQ(profile.mass.y.back(), 1);
  EXPECT_NEAR(mass_within(profile, 20), 0.25, 0.02);
}

}  // namespace
}  // namespace orderscope
