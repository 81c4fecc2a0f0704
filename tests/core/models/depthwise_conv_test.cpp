// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/depthwise_conv.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace orderscope {
namespace {

struct Case {
  int64_t images, height, width, channels, kernel;
  at::ScalarType type;
};

std::string name_of(const testing::TestParamInfo<Case>& info) {
  const Case& c = info.param;
  return std::to_string(c.height) + "x" + std::to_string(c.width) + "_c" + std::to_string(c.channels) + "_k" +
         std::to_string(c.kernel) + (c.type == at::kDouble ? "_double" : "_float");
}

at::Tensor conv2d_channels_last(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t k = weight.size(3);
  return at::conv2d(x.permute({0, 3, 1, 2}), weight, bias, 1, k / 2, 1, weight.size(0)).permute({0, 2, 3, 1});
}

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

class DepthwiseConv : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    torch::manual_seed(7);
    const Case& c = GetParam();
    const auto options = at::TensorOptions(c.type);
    x = at::randn({c.images, c.height, c.width, c.channels}, options).requires_grad_();
    weight = at::randn({c.channels, 1, c.kernel, c.kernel}, options).requires_grad_();
    bias = at::randn({c.channels}, options).requires_grad_();
    dy = at::randn({c.images, c.height, c.width, c.channels}, options);
    // Sums of up to images * height * width products: a few units in the last place times the square root of that.
    tolerance = c.type == at::kDouble ? 1e-13 : 1e-5;
  }

  at::Tensor x, weight, bias, dy;
  double tolerance = 0;
};

TEST_P(DepthwiseConv, ValuesAndGradientsAreThoseOfConv2d) {
  const at::Tensor expected = conv2d_channels_last(x, weight, bias);
  const auto expected_gradients = torch::autograd::grad({expected}, {x, weight, bias}, {dy});
  const at::Tensor y = depthwise_conv(x, weight, bias);
  const auto gradients = torch::autograd::grad({y}, {x, weight, bias}, {dy});
  EXPECT_LT(relative_difference(y, expected), tolerance);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(gradients[i].sizes(), expected_gradients[i].sizes());
    EXPECT_LT(relative_difference(gradients[i], expected_gradients[i]), tolerance) << "of input " << i;
  }
}

TEST_P(DepthwiseConv, SecondDerivativesAreThoseOfConv2d) {
  const auto penalty = [&](const at::Tensor& y) {
    const auto first = torch::autograd::grad({(y * dy).pow(2).sum()}, {x}, {}, true, true);
    return torch::autograd::grad({first[0].pow(2).sum()}, {weight})[0];
  };
  const at::Tensor expected = penalty(conv2d_channels_last(x, weight, bias));
  EXPECT_LT(relative_difference(penalty(depthwise_conv(x, weight, bias)), expected), 10 * tolerance);
}

INSTANTIATE_TEST_SUITE_P(Shapes, DepthwiseConv,
                         testing::Values(Case{2, 9, 13, 16, 7, at::kFloat}, Case{2, 9, 13, 16, 7, at::kDouble},
                                         Case{3, 4, 4, 24, 7, at::kFloat}, Case{1, 1, 2, 5, 7, at::kDouble},
                                         Case{2, 8, 6, 11, 5, at::kFloat}, Case{2, 8, 6, 11, 3, at::kDouble},
                                         Case{1, 14, 14, 3, 3, at::kFloat}, Case{1, 7, 7, 4, 9, at::kDouble}),
                         name_of);

TEST(DepthwiseConvInput, ASliceOfChannelsIsReadInPlace) {
  torch::manual_seed(1);
  const at::Tensor whole = at::randn({2, 6, 6, 20}, at::kDouble).requires_grad_();
  const at::Tensor weight = at::randn({12, 1, 7, 7}, at::kDouble);
  const auto gradient = [&](auto convolution) {
    return torch::autograd::grad({convolution(whole.narrow(3, 8, 12), weight, at::Tensor()).pow(2).sum()}, {whole})[0];
  };
  const at::Tensor expected = gradient(conv2d_channels_last);
  const at::Tensor found = gradient([](auto&&... a) { return depthwise_conv(a...); });
  EXPECT_LT(relative_difference(found, expected), 1e-13);
}

TEST(DepthwiseConvInput, ExpandedGradientsAndTransposedImagesAreHandled) {
  torch::manual_seed(2);
  const at::Tensor x = at::randn({2, 8, 5, 5}, at::kDouble).permute({0, 2, 3, 1}).requires_grad_();
  const at::Tensor weight = at::randn({8, 1, 7, 7}, at::kDouble).requires_grad_();
  const auto found = torch::autograd::grad({depthwise_conv(x, weight).sum()}, {x, weight});
  const auto expected = torch::autograd::grad({conv2d_channels_last(x, weight, at::Tensor()).sum()}, {x, weight});
  EXPECT_LT(relative_difference(found[0], expected[0]), 1e-13);
  EXPECT_LT(relative_difference(found[1], expected[1]), 1e-13);
}

TEST(DepthwiseConvThreads, TheWeightGradientDoesNotDependOnTheirNumber) {
  torch::manual_seed(3);
  const at::Tensor x = at::randn({3, 10, 10, 40});
  const at::Tensor weight = at::randn({40, 1, 7, 7}).requires_grad_();
  const auto gradient = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const at::Tensor found = torch::autograd::grad({depthwise_conv(x, weight).pow(2).sum()}, {weight})[0];
    at::set_num_threads(before);
    return found;
  };
  EXPECT_TRUE(at::equal(gradient(1), gradient(2)));
}

}  // namespace
}  // namespace orderscope
