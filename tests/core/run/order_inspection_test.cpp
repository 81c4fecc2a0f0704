// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/order_inspection.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/small_models.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

InputImage photo_for(const Model& model) {
  const auto decoded = decode_image(fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples" / "chelsea.png");
  EXPECT_TRUE(decoded);
  auto input = preprocess(*decoded, model.preprocessing);
  EXPECT_TRUE(input);
  return *std::move(input);
}

double sum_of(const Map& map) { return std::accumulate(map.values.begin(), map.values.end(), 0.0); }

TEST(OrderInspection, TermsAddUpToTheBlock) {
  for (const bool by_gates : {false, true}) {
    const auto model = test::small_model("hornet_7x7");
    OrderInspection inspection(model, photo_for(*model));
    for (const BlockInfo& block : model->blocks) {
      const auto sum = inspection.terms(block.name, by_gates, 1);
      ASSERT_TRUE(sum) << sum.error().message();
      EXPECT_EQ(sum->by_gates, by_gates);
      ASSERT_EQ(sum->terms.size(), static_cast<std::size_t>(block.order + (by_gates ? 1 : 2)));
      double shares = 0, contributions = 0;
      for (std::size_t i = 0; i < sum->terms.size(); ++i) {
        const OrderTerm& term = sum->terms[i];
        EXPECT_EQ(term.power, static_cast<int>(i)) << "in ascending power";
        shares += term.share;
        contributions += term.contribution;
        // The map is in float32, its sum in float64.
        EXPECT_NEAR(sum_of(term.contribution_map), term.contribution, 1e-3 * (1 + std::abs(term.contribution)));
        EXPECT_NEAR(sum_of(term.map) / static_cast<double>(term.map.values.size()), term.energy, 1e-4 * term.energy);
        EXPECT_FALSE(term.partial.provenance.model_sha256.empty());
      }
      EXPECT_NEAR(shares, 1, 1e-9);
      // Terms cancel: as exact as float32 adds them, which `defect` measures.
      EXPECT_NEAR(contributions, sum->contribution, 1e-3 * (1 + std::abs(sum->contribution)));
      EXPECT_LT(sum->defect, 1e-3);
      EXPECT_LT(sum->terms.back().missing, 1e-6) << "all terms are the output, to the square of the defect";
      EXPECT_GT(sum->terms.front().missing, 0);
    }
  }
}

TEST(OrderInspection, GlobalFiltersHaveTermsByGatesOnly) {
  const auto model = test::small_model("hornet_gf");
  OrderInspection inspection(model, photo_for(*model));
  bool found = false;
  for (const BlockInfo& block : model->blocks) {
    if (has_degrees(*model, block)) continue;
    found = true;
    const auto sum = inspection.terms(block.name, false, 0);
    ASSERT_TRUE(sum) << sum.error().message();
    EXPECT_TRUE(sum->by_gates);
  }
  EXPECT_TRUE(found);
  const auto shares = inspection.shares();
  ASSERT_TRUE(shares) << shares.error().message();
  ASSERT_EQ(shares->size(), model->blocks.size());
  for (std::size_t i = 0; i < shares->size(); ++i) {
    EXPECT_EQ((*shares)[i].by_gates, !has_degrees(*model, model->blocks[i]));
    EXPECT_NEAR(std::accumulate((*shares)[i].shares.begin(), (*shares)[i].shares.end(), 0.0), 1, 1e-9);
  }
}

TEST(OrderInspection, MixesAsAnInspectionDoes) {
  const auto model = test::small_model("hornet_7x7");
  const InputImage photo = photo_for(*model);
  OrderInspection ours(model, photo);
  const auto inspection = Inspection::run(model, photo);
  ASSERT_TRUE(inspection);
  const std::vector<OrderFactor> factors{{model->blocks.back().name, 1, 0.25}, {model->blocks[0].name, 2, 1.5}};
  const auto mixed = ours.mix(factors), expected = (*inspection)->mix(factors);
  ASSERT_TRUE(mixed && expected);
  ASSERT_EQ(mixed->size(), expected->size());
  for (std::size_t i = 0; i < mixed->size(); ++i) {
    EXPECT_EQ((*mixed)[i].index, (*expected)[i].index);
    // The same sums from a trace with other probes: float32 rounding.
    EXPECT_NEAR((*mixed)[i].logit, (*expected)[i].logit, 1e-5F * (1 + std::abs((*expected)[i].logit)));
  }
  const auto back = ours.mix({});
  ASSERT_TRUE(back);
  for (std::size_t i = 0; i < back->size(); ++i)
    EXPECT_NEAR((*back)[i].logit, (*inspection)->scores()[i].logit, 1e-5F * (1 + std::abs((*back)[i].logit)));
}

TEST(OrderInspection, RanksChannelsAndShowsTheWeightsBehindThem) {
  for (const std::string name : {"hornet_7x7", "hornet_gf"}) {
    const auto model = test::small_model(name);
    OrderInspection inspection(model, photo_for(*model));
    const BlockInfo& block = model->blocks.back();
    const auto gate = inspection.channels(block.name + ".gnconv.gate.2", 1000);
    ASSERT_TRUE(gate) << gate.error().message();
    ASSERT_EQ(static_cast<int>(gate->shown.size()), gate->channels);
    double shares = 0;
    for (const TapChannel& channel : gate->shown) {
      shares += channel.share;
      double energy = 0;
      for (const float value : channel.map.values) energy += static_cast<double>(value) * value;
      // The ranking sums in another order than this.
      EXPECT_NEAR(energy / static_cast<double>(channel.map.values.size()), channel.energy, 1e-4 * channel.energy);
      EXPECT_FALSE(channel.kernel.empty());
      EXPECT_TRUE(!channel.is_spectrum || !has_degrees(*model, block)) << "only global filters have a spectrum";
    }
    EXPECT_NEAR(shares, 1, 1e-6);
    const auto value = inspection.channels(block.name + ".gnconv.value", 2);
    ASSERT_TRUE(value) << value.error().message();
    EXPECT_LE(value->shown.size(), 2U);
    EXPECT_TRUE(value->shown[0].kernel.empty()) << "no gate, no kernel";
    EXPECT_EQ(inspection.channels("stages.0.0.nothing", 2).error().kind, Error::Kind::InvalidInput);
  }
}

TEST(OrderInspection, SaysWhatCannotBeTakenApart) {
  const auto hornet = test::small_model("hornet_7x7");
  OrderInspection inspection(hornet, photo_for(*hornet));
  EXPECT_EQ(inspection.terms("stages.9.9", false, 0).error().kind, Error::Kind::InvalidInput);
  EXPECT_EQ(inspection.terms(hornet->blocks[0].name, false, 100000).error().kind, Error::Kind::InvalidInput);
  const auto swin = test::small_model("swin");
  OrderInspection without(swin, photo_for(*swin));
  EXPECT_EQ(without.terms(swin->blocks[0].name, false, 0).error().kind, Error::Kind::InvalidInput);
  std::stop_source stop;
  stop.request_stop();
  OrderInspection cancelled(hornet, photo_for(*hornet));
  EXPECT_EQ(cancelled.terms(hornet->blocks[0].name, false, 0, {stop.get_token(), {}}).error().kind,
            Error::Kind::Cancelled);
}

}  // namespace
}  // namespace orderscope
