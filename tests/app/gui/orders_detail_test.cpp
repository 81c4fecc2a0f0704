// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/orders_detail.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "app/gui/orders_mixer.h"
#include "tests/app/gui/fake_engine.h"

namespace orderscope {
namespace {

std::shared_ptr<OrderTermSum> three_terms() {
  auto sum = std::make_shared<OrderTermSum>();
  sum->block = "stages.0.0";
  sum->order = 1;
  sum->class_index = 1;
  const double contributions[] = {0.5, -2, 1};
  for (int power = 0; power < 3; ++power) {
    OrderTerm term;
    term.name = "degree." + std::to_string(power);
    term.power = power;
    term.share = power == 2 ? 0.5 : 0.25;
    term.contribution = contributions[power];
    term.map = test::flat_map(4, static_cast<float>(power));
    term.contribution_map = test::flat_map(4, static_cast<float>(contributions[power] / 16), true);
    term.partial = test::flat_map(4, static_cast<float>(10 + power));
    sum->terms.push_back(std::move(term));
  }
  sum->contribution = -0.5;
  return sum;
}

TEST(OrdersDetail, SettingsSurviveAFileAndBadOnesAreLeftOut) {
  OrdersDetail detail;
  detail.by_gates = true;
  detail.terms = 3;
  detail.scope = MixScope::Network;
  detail.factors = {1, 0.25, 2};
  detail.profile = ProfileQuantity::Terms;
  detail.side = false;
  OrdersDetail back;
  read_json(to_json(detail), back);
  EXPECT_EQ(back, detail);

  read_json({{"terms", "many"}, {"scope", "galaxy"}, {"factors", {1, "x"}}, {"profile", 7}, {"side", nullptr}}, back);
  EXPECT_EQ(back, detail);
  read_json({{"terms", -5}, {"factors", {-1, 100}}}, back);
  EXPECT_EQ(back.terms, 0);
  EXPECT_EQ(back.factors, (std::vector<double>{0, kLargestFactor}));
  read_json({{"factors", std::vector<double>(100000, 0.5)}}, back);
  EXPECT_EQ(back.factors.size(), 2U);
}

TEST(OrdersDetail, FactorsReachABlockAStageOrTheNetwork) {
  const auto model = test::fake_model("m.pth");
  EXPECT_EQ(highest_mixed_order(*model, 0, MixScope::Block), 2);
  EXPECT_EQ(highest_mixed_order(*model, 0, MixScope::Network), 3);
  EXPECT_EQ(mixed_blocks(*model, 1, MixScope::Stage), (std::vector<int>{1, 2}));
  EXPECT_TRUE(mixed_blocks(*model, 7, MixScope::Network).empty());

  const std::vector<double> factors{1, 0.5, 0};
  const auto of_block = mixer_factors(*model, 0, MixScope::Block, factors);
  ASSERT_EQ(of_block.size(), 1U) << "order 1 is left alone, and the block has no order 3";
  EXPECT_EQ(of_block[0].block, "stages.0.0");
  EXPECT_EQ(of_block[0].order, 2);
  EXPECT_EQ(of_block[0].factor, 0.5);
  EXPECT_EQ(mixer_factors(*model, 1, MixScope::Stage, factors).size(), 4U);
  EXPECT_EQ(mixer_factors(*model, 1, MixScope::Network, factors).size(), 5U);
  EXPECT_TRUE(mixer_factors(*model, 1, MixScope::Network, {1, 1}).empty());
  const auto without = test::fake_model("m.pth", false);
  EXPECT_TRUE(mixer_factors(*without, 1, MixScope::Network, factors).empty());
}

TEST(OrdersDetail, TermsHaveNamesAndAGridOfThreeRows) {
  EXPECT_EQ(term_label(0, false), QStringLiteral("constant"));
  EXPECT_EQ(term_label(1, false), QStringLiteral("linear"));
  EXPECT_EQ(term_label(3, false), QStringLiteral("order 2"));
  EXPECT_EQ(term_label(0, true), QStringLiteral("bias"));
  EXPECT_EQ(term_label(2, true), QStringLiteral("2 gates"));

  const auto sum = three_terms();
  const PanelGrid grid = terms_grid(sum, 2, {}, {}, QStringLiteral("dog"));
  ASSERT_EQ(grid.rows.size(), 3U);
  EXPECT_EQ(grid.rows[0][0].panels.size(), 3U);
  EXPECT_EQ(grid.rows[0][0].panels[2].map.get(), &sum->terms[2].map) << "the result's own map, not a copy";
  EXPECT_TRUE(grid.rows[1][0].panels[1].detail.contains(QStringLiteral("2.00")));
  const auto& partial = grid.rows[2][0].panels;
  ASSERT_EQ(partial.size(), 2U);
  EXPECT_EQ(partial[0].map.get(), &sum->terms[1].partial);
  EXPECT_EQ(partial[1].map.get(), &sum->terms[2].partial);
  EXPECT_EQ(partial[0].scale, partial[1].scale) << "beside each other they are compared";
  EXPECT_TRUE(terms_grid(nullptr, 1, {}, {}, {}).empty());
}

TEST(OrdersDetail, BarsEndAtTheTotal) {
  const auto bars = contribution_bars(*three_terms(), 2);
  ASSERT_EQ(bars.size(), 4U);
  EXPECT_FALSE(bars[1].faint);
  EXPECT_TRUE(bars[2].faint);
  EXPECT_TRUE(bars[3].total);
  EXPECT_DOUBLE_EQ(bars[0].value + bars[1].value + bars[2].value, bars[3].value);
}

TEST(OrdersDetail, ProfilesAreSharesOfEachBlock) {
  ForwardResult result;
  result.model = test::fake_model("m.pth");
  for (const BlockInfo& block : result.model->blocks) {
    BlockOrderMaps maps;
    maps.block = block.name;
    maps.order = block.order;
    for (int k = 1; k <= block.order; ++k) {
      maps.channels.push_back(1);
      maps.state.emplace_back(kReductions, test::flat_map(4, static_cast<float>(k)));
    }
    result.blocks.push_back(std::move(maps));
  }
  const auto states = depth_profile_columns(result, nullptr, {}, ProfileQuantity::States);
  ASSERT_EQ(states.size(), 3U);
  EXPECT_NEAR(states[0].parts[0].value, 0.2, 1e-9) << "1 of 1 + 4";
  EXPECT_EQ(states[1].parts[0].color, states[0].parts[0].color) << "an order has one colour in all blocks";

  ClassView view;
  view.contributions = {{test::flat_map(2, 1, true), test::flat_map(2, -3, true)}, {}, {test::flat_map(2, 0, true)}};
  const auto contributions = depth_profile_columns(result, &view, {}, ProfileQuantity::Contributions);
  EXPECT_NEAR(contributions[0].parts[1].value, 0.75, 1e-12) << "by size, whatever the sign";
  EXPECT_TRUE(contributions[1].parts.empty());
  EXPECT_TRUE(contributions[2].parts.empty()) << "nothing to share";

  const std::vector<OrderTermShares> shares{{"stages.0.0", false, {0.1, 0.2, 0.3, 0.4}}, {}, {}};
  const auto terms = depth_profile_columns(result, nullptr, shares, ProfileQuantity::Terms);
  ASSERT_EQ(terms[0].parts.size(), 4U);
  EXPECT_EQ(terms[0].parts[0].name, QStringLiteral("constant"));
}

TEST(OrdersDetail, TellsAChangeOfProbability) {
  EXPECT_EQ(change_text(QStringLiteral("tabby"), 0.62, 0.48), QStringLiteral("tabby  0.620 → 0.480 (−0.140)"));
  EXPECT_EQ(change_text(QStringLiteral("lynx"), 0.04, 0.09), QStringLiteral("lynx  0.040 → 0.090 (+0.050)"));
}

}  // namespace
}  // namespace orderscope
