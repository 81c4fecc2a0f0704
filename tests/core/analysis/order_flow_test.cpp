// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_flow.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/analysis/block_patterns.h"
#include "core/analysis/channel_ranking.h"
#include "core/analysis/order_contribution.h"
#include "core/analysis/spatial_scale.h"
#include "core/models/backbone.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

constexpr int kClass = 4;

class OrderFlow : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(OrderFlow, MeasuresWhatPassesAndItsContributionsAgree) {
  const auto& [name, size] = GetParam();
  const auto model = test::small_model(name);
  const at::Tensor input = test::golden_array(std::string("small/") + name + "/" + size + "/input.npy").slice(0, 0, 1);
  const auto blocks = find_gnconv_blocks(*model, "*").value();
  auto probes = order_flow_probes(*model, blocks);
  probes.push_back(Probe::record_gradient("*.gnconv.proj_out"));
  probes.push_back(Probe::record("*.gnconv.proj_out,*.gnconv.gate.*"));
  probes.push_back(order_contribution_probe());
  auto trace = Trace::forward(model->backbone, input, std::move(probes)).value();
  ASSERT_TRUE(trace.backward({kClass}));
  const auto flows = order_flow(trace, 0, blocks);
  const auto maps = order_contributions(trace, 4, *model);
  const auto parameters = model->backbone->named_parameters();
  ASSERT_EQ(flows.size(), model->blocks.size());
  for (std::size_t b = 0; b < flows.size(); ++b) {
    const BlockFlow& flow = flows[b];
    ASSERT_EQ(flow.gates.size(), static_cast<std::size_t>(flow.order));
    ASSERT_EQ(flow.states.size(), static_cast<std::size_t>(flow.order));
    double shares = 0, largest = 0;
    for (int k = 0; k < flow.order; ++k) {
      const FlowEntry& gate = flow.gates[k];
      const at::Tensor x = trace.result(3, gate.tap);
      EXPECT_EQ(gate.channels, x.size(1));
      EXPECT_NEAR(gate.energy, x.square().mean(at::kDouble).item<double>(), 1e-6 * gate.energy);
      EXPECT_GT(gate.entropy, 0);
      EXPECT_LE(gate.entropy, 1 + 1e-12);
      shares += gate.share;
      largest = std::max(largest, std::abs(gate.contribution));
      double sum = 0;
      for (const float v : maps[b][k].values) sum += v;
      EXPECT_NEAR(gate.contribution, sum, 1e-5 * (1 + std::abs(sum)));
      // state_k is linear in gate_k: <dL/d state_k, state_k> = <dL/d gate_k, gate_k>. Sums of float32 products.
      EXPECT_NEAR(gate.contribution, flow.states[k].contribution, 2e-5 * (1 + largest)) << gate.tap;
    }
    EXPECT_NEAR(shares, 1, 1e-12);
    EXPECT_GT(flow.gate_entropy, 0);
    EXPECT_LE(flow.gate_entropy, 1 + 1e-12);

    // y = W_out state_n + b_out, so that <dL/dy, y - b_out> = <dL/d state_n, state_n>.
    const at::Tensor y = trace.result(3, flow.block + ".gnconv.proj_out");
    const at::Tensor gradient = trace.gradient_result(2, flow.block + ".gnconv.proj_out");
    const at::Tensor bias = parameters[flow.block + ".gnconv.proj_out.bias"].view({1, -1, 1, 1});
    const double expected = (gradient * (y - bias)).sum(at::kDouble).item<double>();
    EXPECT_NEAR(flow.states.back().contribution, expected, 2e-5 * (1 + std::abs(expected))) << flow.block;
    EXPECT_NEAR(flow.gates.back().contribution, expected, 2e-5 * (1 + std::abs(expected))) << flow.block;
  }
  const auto profile = depth_profile(flows, "gate", &FlowEntry::share, "share");
  ASSERT_EQ(profile.size(), 5U);
  EXPECT_TRUE(std::isnan(profile[4].y[0]));
  EXPECT_EQ(profile[4].y[4], flows[4].gates[4].share);
}

INSTANTIATE_TEST_SUITE_P(, OrderFlow,
                         testing::Values(std::pair{"hornet_7x7", "in72x104"}, std::pair{"hornet_gf", "in96x80"}));

TEST(OrderFlowMethod, GivesColumnsAndRefusesOtherFamilies) {
  const Method* method = find_method("order-flow");
  ASSERT_NE(method, nullptr);
  const std::vector<MethodRequest> requests{
      {method, check_values(method->descriptor, {{"block", "stages.3.0"}}).value()}};
  const Subject subject{test::small_model("hornet_7x7"),
                        test::golden_array("small/hornet_7x7/in64x64/input.npy").slice(0, 0, 1)};
  const auto outcome = run_methods(subject, requests, kClass);
  ASSERT_TRUE(outcome);
  ASSERT_TRUE(outcome->results[0]);
  EXPECT_EQ(outcome->results[0]->numbers.size(), 2U * 5 * 6 + 2);
  EXPECT_EQ(outcome->results[0]->numbers[0].name, "stages.3.0.gate.1.energy");

  const Subject other{test::small_model("convnext"),
                      test::golden_array("small/convnext/in64x64/input.npy").slice(0, 0, 1)};
  const auto refused = run_methods(other, requests, kClass);
  ASSERT_TRUE(refused);
  ASSERT_FALSE(refused->results[0]);
  EXPECT_THAT(refused->results[0].error().message(), testing::HasSubstr("no gnConv"));
}

TEST(SpatialScale, FindsTheFrequencyOfAWave) {
  const at::Tensor x = at::arange(32, at::kFloat).view({1, 1, 32});
  const at::Tensor wave = at::cos(x * (2 * M_PI / 8)).expand({3, 24, 32}) + 5;
  const SpatialScale scale = spatial_scale(wave);
  EXPECT_NEAR(scale.mean_frequency, 0.125, 1e-6);
  ASSERT_EQ(scale.spectrum.size(), 13U);  // 24 / 2 + 1
  EXPECT_NEAR(scale.spectrum[3], 1, 1e-6);
  EXPECT_NEAR(std::accumulate(scale.spectrum.begin(), scale.spectrum.end(), 0.0), 1, 1e-9);
}

TEST(SpatialScale, LengthGrowsWithTheBlurAndIsShortForNoise) {
  at::manual_seed(3);
  const at::Tensor noise = at::randn({8, 48, 40});
  double before = spatial_scale(noise).autocorrelation_length;
  EXPECT_LT(before, 1);
  for (const std::int64_t blur : {3, 5, 9}) {
    const at::Tensor blurred = at::avg_pool2d(noise.unsqueeze(0), {blur, blur}, {1, 1})[0];
    const double length = spatial_scale(blurred).autocorrelation_length;
    EXPECT_GT(length, before);
    // A box of b pixels has the triangle 1 - r / b along an axis, 1/e at 0.63 b; a little less along diagonals.
    EXPECT_NEAR(length, 0.6 * static_cast<double>(blur), 0.15 * static_cast<double>(blur) + 0.3);
    before = length;
  }
  const SpatialScale constant = spatial_scale(at::full({2, 6, 6}, 3.3F));
  EXPECT_TRUE(std::isnan(constant.autocorrelation_length));
  EXPECT_TRUE(std::isnan(constant.mean_frequency));
  const SpatialScale cell = spatial_scale(at::full({2, 1, 1}, 3.3F));
  EXPECT_TRUE(std::isnan(cell.autocorrelation_length));
}

TEST(SpatialEntropy, IsOneForAnEvenFieldAndZeroForAPoint) {
  EXPECT_NEAR(spatial_entropy(at::ones({4, 5, 6})), 1, 1e-12);
  at::Tensor point = at::zeros({4, 5, 6});
  point[2][3][3] = 2;
  EXPECT_NEAR(spatial_entropy(point), 0, 1e-12);
  EXPECT_TRUE(std::isnan(spatial_entropy(at::zeros({4, 5, 6}))));
}

TEST(ChannelsByEnergy, SortsChannelsOfMapsAndTokens) {
  at::manual_seed(5);
  const at::Tensor x = at::randn({2, 4, 3, 5}) * at::tensor({1.0F, 3.0F, 0.5F, 2.0F}).view({1, 4, 1, 1});
  const auto maps = channels_by_energy(x, 1);
  const auto tokens = channels_by_energy(x.flatten(2).transpose(1, 2), 1);
  ASSERT_TRUE(maps && tokens);
  double shares = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*maps)[i].channel, (*tokens)[i].channel);
    const at::Tensor channel = x[1][(*maps)[i].channel];
    EXPECT_NEAR((*maps)[i].energy, channel.square().mean().item<double>(), 1e-5);
    EXPECT_EQ((*maps)[i].high, channel.max().item<double>());
    if (i > 0) {
      EXPECT_LE((*maps)[i].energy, (*maps)[i - 1].energy);
    }
    shares += (*maps)[i].share;
  }
  EXPECT_NEAR(shares, 1, 1e-12);
  EXPECT_FALSE(channels_by_energy(at::zeros({1, 10})));
}

TEST(OrderFlowOfACutNetwork, ContributionsThatNoGradientReachesAreAWarning) {
  BlockFlow flow;
  flow.block = "stages.0.0";
  flow.gates.resize(2);
  flow.states.resize(2);
  EXPECT_THAT(warnings_about(flow), testing::ElementsAre(testing::HasSubstr("stages.0.0: no gradient")));
  flow.gates[1].contribution = 1e-30;
  EXPECT_THAT(warnings_about(flow), testing::IsEmpty());
  flow.states[0].energy = NAN;
  EXPECT_EQ(warnings_about(flow).size(), 1U);
}

}  // namespace
}  // namespace orderscope
