// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/mixer_kernels.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/block_patterns.h"
#include "core/models/backbone.h"
#include "core/models/global_local_filter.h"
#include "core/models/gnconv.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

const BlockInfo& block_of(const Model& model, const std::string& name) {
  return *std::find_if(model.blocks.begin(), model.blocks.end(), [&](const BlockInfo& b) { return b.name == name; });
}

TEST(MixerKernels, OfDepthwiseGatesAreTheWeightsOfEachOrder) {
  const auto model = test::small_model("hornet_7x7");
  const auto found = mixer_kernels(*model, block_of(*model, "stages.2.1"), 64, 64);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->orders.size(), 4U);
  const at::Tensor weight = model->backbone->named_parameters()["stages.2.1.gnconv.dwconv.weight"];
  std::vector<at::Tensor> all;
  for (const OrderKernels& order : found->orders) {
    EXPECT_EQ(order.kernels.size(0), 8 << (order.order - 1));
    EXPECT_FALSE(order.impulse.defined());
    all.push_back(order.kernels);
  }
  EXPECT_TRUE(at::equal(at::cat(all), weight.squeeze(1)));
}

TEST(MixerKernels, GlobalFiltersAreCircularConvolutionsWithTheirImpulseResponses) {
  const auto model = test::small_model("hornet_gf");
  const BlockInfo& block = block_of(*model, "stages.2.1");
  for (const auto& [height, width] : {std::pair<int, int>{64, 64}, {96, 80}, {72, 104}}) {
    const auto found = mixer_kernels(*model, block, height, width);
    ASSERT_TRUE(found);
    const int h = found->height, w = found->width;
    EXPECT_EQ(h, height / 16);
    EXPECT_EQ(w, width / 16);
    const at::Tensor stored = model->backbone->named_parameters()["stages.2.1.gnconv.dwconv.complex_weight"];
    const at::Tensor filter = GlobalLocalFilter::interpolated(stored, h, w);
    at::manual_seed(11);
    const at::Tensor x = at::randn({h, w});
    std::int64_t first = 0;
    const auto dims = GnConv::dims(block.channels, block.order);
    for (const OrderKernels& order : found->orders) {
      const std::int64_t count = dims[order.order - 1];
      ASSERT_EQ(order.impulse.size(0) + order.kernels.size(0), count);
      for (std::size_t g = 0; g < order.global_channels.size(); ++g) {
        const std::int64_t channel = first + order.global_channels[g];
        ASSERT_EQ(channel % 2, 1);  // odd channels are the global ones
        const std::array<std::int64_t, 2> size{h, w};
        const at::Tensor filtered = at::fft_irfft2(at::fft_rfft2(x) * filter[channel / 2], size);
        at::Tensor convolved = at::zeros({h, w});
        for (int dy = 0; dy < h; ++dy)
          for (int dx = 0; dx < w; ++dx)
            convolved += order.impulse[g][dy][dx] * at::roll(x, {dy - h / 2, dx - w / 2}, {0, 1});
        // Sums of up to 100 products of order 1 in float32.
        EXPECT_LT(test::max_abs_difference(filtered, convolved), 1e-5);
        EXPECT_NEAR(order.magnitude[g][h / 2][w / 2].item<double>(), std::abs(order.impulse[g].sum().item<double>()),
                    1e-5);
      }
      first += count;
    }
  }
}

TEST(MixerKernels, OfConvNeXtHaveNoOrdersAndAttentionHasNone) {
  const auto convnext = test::small_model("convnext");
  const auto found = mixer_kernels(*convnext, convnext->blocks[1], 64, 64);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->orders.size(), 1U);
  EXPECT_EQ(found->orders[0].kernels.sizes(), (std::vector<std::int64_t>{32, 7, 7}));
  const auto swin = test::small_model("swin");
  const auto refused = mixer_kernels(*swin, swin->blocks[0], 64, 64);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("attention"));
  EXPECT_FALSE(mixer_kernels(*convnext, convnext->blocks[1], 8, 8));
}

}  // namespace
}  // namespace orderscope
