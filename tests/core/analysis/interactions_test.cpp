// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/interactions.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/analysis/patch_game.h"
#include "core/models/backbone.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// The third-order toy of the reference data: v(S) = const + sum w_i + sum b_ij + sum c_ijk over the members of S.
struct Toy {
  json fixture = test::golden_json("interactions/manifest.json");
  int asked = 0;

  double value(const Coalition& present) const {
    double v = fixture["const"];
    for (std::size_t i = 0; i < present.size(); ++i) {
      if (!present[i]) continue;
      v += fixture["w"][i].get<double>();
      for (std::size_t j = i + 1; j < present.size(); ++j)
        if (present[j]) v += fixture["b"][i][j].get<double>();
    }
    for (const json& c : fixture["c"])
      if (present[c[0]] && present[c[1]] && present[c[2]]) v += c[3].get<double>();
    return v;
  }

  Game game(const std::string& key = "toy") {
    return {key, [this](std::span<const Coalition> coalitions) -> Result<std::vector<double>> {
              std::vector<double> values;
              for (const Coalition& present : coalitions) values.push_back(value(present));
              asked += static_cast<int>(coalitions.size());
              return values;
            }};
  }

  InteractionOptions options() const {
    InteractionOptions options;
    options.players = fixture["n"];
    options.ratios = fixture["ratios"].get<std::vector<double>>();
    options.pairs = 1000;
    options.contexts = 1000;  // more than there are
    return options;
  }
};

Result<InteractionCurve> run(const Game& game, const InteractionOptions& options, InteractionLog log = {},
                             const JobContext& job = {}) {
  const Game games[] = {game};
  return multi_order_interactions(games, options, log, job);
}

TEST(Interactions, EqualTheClosedFormWhenAllContextsAreEnumerated) {
  Toy toy;
  EXPECT_NEAR(toy.value(Coalition(10, 1)), toy.fixture["v_full"].get<double>(), 1e-9);
  InteractionLog log;
  const Game games[] = {toy.game()};
  const auto curve = multi_order_interactions(games, toy.options(), log);
  ASSERT_TRUE(curve) << curve.error().message();
  EXPECT_EQ(curve->orders, toy.fixture["orders"].get<std::vector<int>>());
  EXPECT_EQ(curve->pairs, 45);
  for (std::size_t k = 0; k < curve->orders.size(); ++k) {
    // The manifest's tolerance: sums of 280 terms in double.
    EXPECT_NEAR(curve->strength[k], toy.fixture["J_raw"][k].get<double>(), 1e-9);
    EXPECT_NEAR(curve->relative[k], toy.fixture["J"][k].get<double>(), 1e-9);
    EXPECT_LE(curve->low[k], curve->relative[k]);
    EXPECT_GE(curve->high[k], curve->relative[k]);
  }
  EXPECT_NEAR(log.known.at("toy/1,4/4"), toy.fixture["pair_example"]["value"].get<double>(), 1e-9);
  EXPECT_EQ(toy.asked, curve->forwards);
}

TEST(Interactions, SampledContextsComeNearTheClosedForm) {
  Toy toy;
  InteractionOptions options = toy.options();
  options.contexts = 40;
  const auto curve = run(toy.game(), options);
  ASSERT_TRUE(curve);
  // Means of |sampled mean| are biased upwards by the spread over contexts, about 1.5 / sqrt(40) here.
  for (std::size_t k = 0; k < curve->orders.size(); ++k)
    EXPECT_NEAR(curve->strength[k], toy.fixture["J_raw"][k].get<double>(), 0.15) << k;
}

TEST(Interactions, RelativeStrengthsAverageToOneOverTheListedOrders) {
  Toy toy;
  InteractionOptions options = toy.options();
  options.pairs = 7;
  options.contexts = 5;
  const auto curve = run(toy.game(), options);
  ASSERT_TRUE(curve);
  EXPECT_NEAR(std::accumulate(curve->relative.begin(), curve->relative.end(), 0.0),
              static_cast<double>(curve->ratios.size()), 1e-12);
}

TEST(Interactions, ABudgetIsKeptAndSpreadOverTheGames) {
  Toy toy;
  InteractionOptions options = toy.options();
  options.contexts = 3;
  const std::int64_t cost = values_per_pair(options);
  EXPECT_EQ(cost, 4 * (1 + 3 + 3 + 3 + 3 + 1));  // orders 0, 2, 4, 6, 7 and 8; order 0 once though listed three times
  options.budget = 5 * cost + cost / 2;
  const std::vector<Game> games{toy.game("a"), toy.game("b"), toy.game("c")};
  InteractionLog log;
  const auto curve = multi_order_interactions(games, options, log);
  ASSERT_TRUE(curve);
  EXPECT_EQ(curve->pairs, 5);
  EXPECT_EQ(curve->games, 3);
  EXPECT_EQ(curve->pairs_left, 3 * 45 - 5);
  EXPECT_LE(toy.asked, options.budget);
  options.budget = cost - 1;
  const auto none = multi_order_interactions(games, options, log);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("takes " + std::to_string(cost)));
}

TEST(Interactions, AStoppedRunContinuesToTheSameNumbers) {
  Toy toy;
  InteractionOptions options = toy.options();
  options.pairs = 20;
  options.contexts = 10;
  const auto whole = run(toy.game(), options);
  ASSERT_TRUE(whole);

  std::stop_source stop;
  JobContext job;
  job.stop = stop.get_token();
  InteractionLog log;
  int added = 0;
  log.add = [&](const std::string&, double) -> Result<void> {
    if (++added == 37) stop.request_stop();
    return {};
  };
  const Game games[] = {toy.game()};
  const auto stopped = multi_order_interactions(games, options, log, job);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, Error::Kind::Cancelled);
  EXPECT_EQ(log.known.size(), 37U);

  toy.asked = 0;
  log.add = nullptr;
  const auto continued = multi_order_interactions(games, options, log);
  ASSERT_TRUE(continued);
  EXPECT_EQ(continued->relative, whole->relative);
  EXPECT_EQ(continued->low, whole->low);
  EXPECT_LT(toy.asked, whole->forwards);
}

TEST(Interactions, MorePairsContinueWhatFewerBegan) {
  Toy toy;
  InteractionOptions options = toy.options();
  options.pairs = 5;
  options.contexts = 4;
  InteractionLog log;
  const Game games[] = {toy.game()};
  ASSERT_TRUE(multi_order_interactions(games, options, log));
  const std::size_t few = log.known.size();
  options.pairs = 8;
  ASSERT_TRUE(multi_order_interactions(games, options, log));
  EXPECT_EQ(log.known.size(), few / 5 * 8);
}

TEST(Interactions, BadSettingsAndValuesAreErrors) {
  Toy toy;
  const auto message = [&](const Game& game, const std::function<void(InteractionOptions&)>& change) {
    InteractionOptions options = toy.options();
    options.pairs = 2;
    change(options);
    const auto curve = run(game, options);
    return curve ? std::string("no error") : curve.error().message();
  };
  const auto same = [](InteractionOptions&) {};
  EXPECT_THAT(message(toy.game(), [](auto& o) { o.players = 2; }), HasSubstr("at least 3 players"));
  EXPECT_THAT(message(toy.game(), [](auto& o) { o.ratios = {1.5}; }), HasSubstr("between 0 and 1"));
  EXPECT_THAT(message(toy.game(), [](auto& o) { o.ratios = {NAN}; }), HasSubstr("between 0 and 1"));
  EXPECT_THAT(message(toy.game(), [](auto& o) { o.candidates = {{1, 1}}; }), HasSubstr("two different players"));
  const auto constant = [](double value) {
    return Game{"constant", [value](std::span<const Coalition> all) -> Result<std::vector<double>> {
                  return std::vector<double>(all.size(), value);
                }};
  };
  EXPECT_THAT(message(constant(2), same), HasSubstr("all interactions are zero"));
  EXPECT_THAT(message(constant(NAN), same), HasSubstr("NaN"));
}

TEST(PatchGame, LogOddsAreThoseOfTheSoftmax) {
  const at::Tensor logits = at::tensor({1.0F, 2.0F, -1.0F, 90.0F, 0.0F, 1.0F}).view({2, 3});
  const at::Tensor p = at::softmax(logits.to(at::kDouble), 1);
  EXPECT_NEAR(log_odds(logits, 1)[0], std::log(p[0][1].item<double>() / (1 - p[0][1].item<double>())), 1e-12);
  // p rounds to 1, its odds do not to infinity.
  EXPECT_NEAR(log_odds(logits, 0)[1], 90 - std::log(1 + std::exp(1.0)), 1e-9);
  // Two classes (v, 0): log p / (1 - p) = v.
  EXPECT_NEAR(log_odds(at::tensor({0.7F, 0.0F}).view({1, 2}), 0)[0], 0.7, 1e-6);
}

TEST(PatchGame, ShowsThePresentPatchesAndTheBaselineElsewhere) {
  const auto model = test::small_model("hornet_7x7");
  const at::Tensor input = test::golden_array("small/hornet_7x7/in72x104/input.npy");
  const PatchGame patches{{model, input}, 5, 2};
  Coalition present(25, 0);
  present[7] = 1;  // row 1, column 2
  const at::Tensor masked = patches.masked(present, at::full_like(input[0], 9));
  const at::Tensor shown = masked.ne(9).any(0);
  for (std::int64_t y = 0; y < 72; ++y)
    for (std::int64_t x = 0; x < 104; ++x)
      ASSERT_EQ(shown[y][x].item<bool>(), y * 5 / 72 == 1 && x * 5 / 104 == 2) << y << "," << x;
  EXPECT_TRUE(at::equal(patches.masked(Coalition(25, 1), at::zeros_like(input[0])), input[0]));
}

TEST(PatchGame, AllPatchesGiveTheImagesOwnOdds) {
  const auto model = test::small_model("hornet_7x7");
  const at::Tensor input = test::golden_array("small/hornet_7x7/in64x64/input.npy");
  const auto game = PatchGame{{model, input}, 4, 3}.game("image");
  ASSERT_TRUE(game);
  const std::vector<Coalition> coalitions{Coalition(16, 1), Coalition(16, 0)};
  const auto values = game->values(coalitions);
  ASSERT_TRUE(values);
  const at::NoGradGuard no_grad;
  // A batch sums in another order.
  EXPECT_NEAR((*values)[0], log_odds(model->backbone->forward(input), 3)[0], 2e-5);
  EXPECT_NEAR((*values)[1], log_odds(model->backbone->forward(at::zeros_like(input)), 3)[0], 2e-5);
}

TEST(PatchGame, RefusesWhatCannotBePlayed) {
  const auto model = test::small_model("hornet_7x7");
  const at::Tensor input = test::golden_array("small/hornet_7x7/in64x64/input.npy");
  EXPECT_FALSE((PatchGame{{model, input}, 65, 0}.game("x")));
  EXPECT_FALSE((PatchGame{{model, input}, 4, 10}.game("x")));
  EXPECT_FALSE((PatchGame{{model, input}, 4, -1}.game("x")));
}

TEST(PatchGame, NeighboursAreCountedOnce) {
  // 3 x 3 patches: 12 pairs share an edge, 8 a corner.
  EXPECT_EQ(neighbours(3, 1).size(), 20U);
  EXPECT_EQ(neighbours(3, 2).size(), 36U);
}

}  // namespace
}  // namespace orderscope
