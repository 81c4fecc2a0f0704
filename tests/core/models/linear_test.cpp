// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/linear.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace orderscope {
namespace {

struct Case {
  std::vector<int64_t> rows;
  int64_t in, out;
  bool bias;
  at::ScalarType type;
};

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

class LinearLayer : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    torch::manual_seed(3);
    const Case& c = GetParam();
    const auto options = at::TensorOptions(c.type);
    std::vector<int64_t> shape = c.rows;
    shape.push_back(c.in);
    x = at::randn(shape, options);
    weight = at::randn({c.out, c.in}, options);
    if (c.bias) bias = at::randn({c.out}, options);
    shape.back() = c.out;
    dy = at::randn(shape, options);
    // Sums of `in` products in another order: some units in the last place times the square root of their number.
    tolerance = c.type == at::kDouble ? 1e-14 : 3e-6;
  }

  at::Tensor x, weight, bias, dy;
  double tolerance = 0;
};

TEST_P(LinearLayer, ValuesAreThoseOfAtLinear) {
  EXPECT_LT(relative_difference(fast_linear(x, weight, bias), at::linear(x, weight, bias)), tolerance);
}

TEST_P(LinearLayer, GeluBehindItIsTheExactOne) {
  EXPECT_LT(relative_difference(fast_linear_gelu(x, weight, bias), at::gelu(at::linear(x, weight, bias))), tolerance);
}

TEST_P(LinearLayer, TheGradientOfTheInputIsThatOfAtLinear) {
  x.requires_grad_();
  for (const bool gelu : {false, true}) {
    const at::Tensor expected = gelu ? at::gelu(at::linear(x, weight, bias)) : at::linear(x, weight, bias);
    const at::Tensor y = gelu ? fast_linear_gelu(x, weight, bias) : fast_linear(x, weight, bias);
    const at::Tensor dx = torch::autograd::grad({y}, {x}, {dy})[0];
    EXPECT_LT(relative_difference(dx, torch::autograd::grad({expected}, {x}, {dy})[0]), tolerance) << gelu;
  }
}

TEST_P(LinearLayer, SecondDerivativesAreThoseOfAtLinear) {
  x.requires_grad_();
  const auto second = [&](const at::Tensor& y) {
    const at::Tensor first = torch::autograd::grad({(y.pow(3) * dy).sum()}, {x}, {}, true, true)[0];
    return torch::autograd::grad({first.pow(2).sum()}, {x})[0];
  };
  EXPECT_LT(relative_difference(second(fast_linear(x, weight, bias)), second(at::linear(x, weight, bias))),
            30 * tolerance);
}

TEST_P(LinearLayer, TrainableWeightsHaveTheirGradients) {
  weight.requires_grad_();
  const at::Tensor dw = torch::autograd::grad({fast_linear_gelu(x, weight, bias)}, {weight}, {dy})[0];
  const at::Tensor expected = torch::autograd::grad({at::gelu(at::linear(x, weight, bias))}, {weight}, {dy})[0];
  EXPECT_LT(relative_difference(dw, expected), tolerance);
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  const Case& c = info.param;
  return std::to_string(c.in) + "_" + std::to_string(c.out) + (c.bias ? "_bias" : "") +
         (c.type == at::kDouble ? "_double" : "_float") + std::to_string(c.rows.size());
}

INSTANTIATE_TEST_SUITE_P(Shapes, LinearLayer,
                         testing::Values(Case{{2, 7, 5}, 64, 96, true, at::kFloat},
                                         Case{{2, 7, 5}, 64, 96, true, at::kDouble},
                                         Case{{1, 14, 14}, 96, 384, true, at::kFloat},
                                         Case{{196}, 384, 96, false, at::kFloat},
                                         Case{{1, 1}, 17, 33, true, at::kFloat}, Case{{3, 4}, 8, 64, true, at::kFloat},
                                         Case{{1}, 512, 10, true, at::kFloat}),
                         name_of);

TEST(LinearInput, ASliceOfChannelsAndATransposedWeightAreRead) {
  torch::manual_seed(5);
  const at::Tensor x = at::randn({2, 6, 6, 80}).slice(3, 16, 64);
  const at::Tensor weight = at::randn({48, 32}).t();
  // As above.
  EXPECT_LT(relative_difference(fast_linear(x, weight, {}), at::linear(x, weight)), 3e-6);
}

TEST(LinearInput, NoRowsGiveNoRows) {
  const at::Tensor y = fast_linear(at::empty({0, 32}), at::randn({48, 32}), at::randn({48}));
  EXPECT_EQ(y.sizes(), (std::vector<int64_t>{0, 48}));
}

}  // namespace
}  // namespace orderscope
