// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_maps.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/analysis/channel_reduction.h"
#include "core/analysis/order_contribution.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

at::Tensor values_of(const Map& map) { return at::tensor(map.values).view({map.height, map.width}); }

class OrderMaps : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(OrderMaps, AreTheReductionsOfTheOfficialIntermediates) {
  const auto& [name, size] = GetParam();
  const auto model = test::small_model(name);
  const std::string folder = "small/" + name + "/" + size + "/";
  const auto trace = Trace::forward(model->backbone, test::golden_array(folder + "input.npy"), {order_maps_probe()});
  ASSERT_TRUE(trace);
  const auto blocks = order_maps(*trace, 0, *model);
  ASSERT_EQ(blocks.size(), 5U);
  const BlockOrderMaps& block = blocks[3];  // s3b2
  EXPECT_EQ(block.block, "stages.2.1");
  ASSERT_EQ(block.order, 4);
  EXPECT_EQ(block.channels, (std::vector<int>{8, 16, 32, 64}));

  const auto check = [&](const at::Tensor& golden, OrderQuantity quantity, int k) {
    const at::Tensor x = golden[0];
    // The taps themselves are good to 2e-5 of their largest value; means over channels no worse, sums of squares grow
    // with the root of the number of channels.
    const double bound = 2e-5 * std::max(1.0, x.abs().max().item<double>());
    EXPECT_LT(test::max_abs_difference(values_of(*block.find(quantity, k, ChannelReduction::Mean)), x.mean(0)), bound);
    EXPECT_LT(test::max_abs_difference(values_of(*block.find(quantity, k, ChannelReduction::MeanAbs)), x.abs().mean(0)),
              bound);
    EXPECT_LT(test::max_abs_difference(values_of(*block.find(quantity, k, ChannelReduction::L2)),
                                       at::linalg_vector_norm(x, 2, 0)),
              bound * std::sqrt(static_cast<double>(x.size(0))));
  };
  check(test::golden_array(folder + "taps/s3b2.pwa.npy"), OrderQuantity::Value, 0);
  for (int k = 1; k <= 4; ++k) {
    check(test::golden_array(folder + "taps/s3b2.dw_" + std::to_string(k - 1) + ".npy"), OrderQuantity::Gate, k);
    check(test::golden_array(folder + "taps/s3b2.y_" + std::to_string(k - 1) + ".npy"), OrderQuantity::State, k);
  }
  EXPECT_EQ(block.find(OrderQuantity::Gate, 5, ChannelReduction::Mean), nullptr);
  EXPECT_EQ(block.find(OrderQuantity::Gate, 0, ChannelReduction::Mean), nullptr);
  EXPECT_EQ(block.find(OrderQuantity::Contribution, 1, ChannelReduction::Mean), nullptr);
}

INSTANTIATE_TEST_SUITE_P(, OrderMaps,
                         testing::Values(std::pair{"hornet_7x7", "in64x64"}, std::pair{"hornet_7x7", "in72x104"},
                                         std::pair{"hornet_gf", "in96x80"}),
                         [](const auto& info) { return info.param.first + "_" + info.param.second; });

TEST(OrderMapsOfOthers, FamiliesWithoutGnConvHaveNone) {
  const auto model = test::small_model("convnext");
  const auto trace =
      Trace::forward(model->backbone, test::golden_array("small/convnext/in64x64/input.npy"), {order_maps_probe()});
  ASSERT_TRUE(trace);
  for (const auto& block : order_maps(*trace, 0, *model)) {
    EXPECT_EQ(block.order, 0);
    EXPECT_TRUE(block.gate.empty());
  }
}

TEST(OrderContribution, IsTheSlopeOfTheLogitAsTheGateIsScaled) {
  const auto model = test::small_model("hornet_gf");
  const at::Tensor input = test::golden_array("small/hornet_gf/in64x64/input.npy");
  auto trace = Trace::forward(model->backbone, input, {order_contribution_probe()});
  ASSERT_TRUE(trace);
  constexpr int kClass = 3;
  ASSERT_TRUE(trace->backward({kClass}));
  const auto contributions = order_contributions(*trace, 0, *model);
  ASSERT_EQ(contributions.size(), model->blocks.size());

  for (std::size_t b = 0; b < contributions.size(); ++b) {
    ASSERT_EQ(static_cast<int>(contributions[b].size()), model->blocks[b].order);
    for (std::size_t k = 0; k < contributions[b].size(); ++k) {
      EXPECT_TRUE(contributions[b][k].is_signed);
      const std::string tap = model->blocks[b].name + ".gnconv.gate." + std::to_string(k + 1);
      constexpr double kStep = 1e-2;
      const auto scaled = [&](double factor) -> std::vector<Edit> {
        return {{tap, [factor](const at::Tensor& x) { return x * factor; }}};
      };
      const auto logits = trace->rerun({scaled(1 + kStep), scaled(1 - kStep)});
      ASSERT_TRUE(logits);
      const double slope = ((*logits)[0][kClass] - (*logits)[1][kClass]).item<double>() / (2 * kStep);
      const double sum = values_of(contributions[b][k]).sum().item<double>();
      // Central difference: the logits' float32 noise of about 1e-6 is divided by 2e-2, and the third derivative adds
      // h^2.
      EXPECT_NEAR(sum, slope, 1e-3 * std::max(1.0, std::abs(slope))) << tap;
    }
  }
}

TEST(ChannelReduction, EqualsPlainTensorCodeInEveryLayout) {
  at::manual_seed(7);
  const at::Tensor nchw = at::randn({2, 37, 5, 6});
  const at::Tensor last = nchw.contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor slice = at::randn({2, 5, 6, 80}).slice(3, 11, 48).permute({0, 3, 1, 2});
  const at::Tensor tokens = at::randn({2, 30, 37});
  for (const at::Tensor& x : {nchw, last, slice, tokens, last.to(at::kDouble)}) {
    const int64_t dim = x.dim() == 4 ? 1 : 2;
    const at::Tensor reduced = reduce_channels(x);
    // Rounding of a float32 sum over 37 values of order 1.
    EXPECT_LT(test::max_abs_difference(reduced[0], x.mean(dim)), 1e-6);
    EXPECT_LT(test::max_abs_difference(reduced[1], x.abs().mean(dim)), 1e-6);
    EXPECT_LT(test::max_abs_difference(reduced[2], at::linalg_vector_norm(x, 2, dim)), 1e-5);
    EXPECT_LT(test::max_abs_difference(channel_dot(x, x), (x * x).sum(dim)), 5e-5);
  }
}

}  // namespace
}  // namespace orderscope
