// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/gated_recursion.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace orderscope {
namespace {

struct Case {
  std::int64_t height, width;
  std::vector<std::int64_t> dims;
  std::int64_t out;  ///< 0: no proj_out
  at::ScalarType type;
};

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

class GatedRecursionTest : public testing::TestWithParam<Case> {
 protected:
  explicit GatedRecursionTest(const Case& c = GetParam()) {
    torch::manual_seed(11);
    w.dims = c.dims;
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < c.dims.size(); ++k) {
      sum += c.dims[k];
      if (k == 0) continue;
      w.pointwise.push_back(at::randn({c.dims[k], c.dims[k - 1]}, c.type) * 0.3);
      w.bias.push_back(at::randn({c.dims[k]}, c.type));
    }
    if (c.out > 0) {
      w.out = at::randn({c.out, c.dims.back()}, c.type) * 0.3;
      w.out_bias = at::randn({c.out}, c.type);
    }
    value = at::randn({2, c.height, c.width, c.dims[0]}, c.type);
    gates = at::randn({2, c.height, c.width, sum}, c.type);
    // Products of up to five gates over sums of some hundred terms in another order.
    tolerance = c.type == at::kDouble ? 1e-13 : 1e-5;
  }

  at::Tensor step_by_step(const at::Tensor& v, const at::Tensor& g) const {
    const auto gate = at::split_with_sizes(g, w.dims, -1);
    at::Tensor state = v * gate[0];
    for (std::size_t k = 1; k < gate.size(); ++k)
      state = at::linear(state, w.pointwise[k - 1], w.bias[k - 1]) * gate[k];
    return w.out.defined() ? at::linear(state, w.out, w.out_bias) : state;
  }

  RecursionWeights w;
  at::Tensor value, gates;
  double tolerance = 0;
};

TEST_P(GatedRecursionTest, ValuesAndGradientsAreThoseOfTheSingleSteps) {
  ASSERT_TRUE(gated_recursion_fits(value, gates, w));
  EXPECT_LT(relative_difference(gated_recursion(value, gates, w), step_by_step(value, gates)), tolerance);

  value.requires_grad_();
  gates.requires_grad_();
  const at::Tensor y = gated_recursion(value, gates, w), expected = step_by_step(value, gates);
  EXPECT_TRUE(at::equal(y.detach(), gated_recursion(value.detach(), gates.detach(), w))) << "recorded or not";
  const at::Tensor dy = at::randn_like(y);
  const auto got = torch::autograd::grad({y}, {value, gates}, {dy}, /*retain_graph=*/true);
  const auto wanted = torch::autograd::grad({expected}, {value, gates}, {dy});
  EXPECT_LT(relative_difference(got[0], wanted[0]), tolerance);
  EXPECT_LT(relative_difference(got[1], wanted[1]), tolerance);
  EXPECT_TRUE(at::equal(torch::autograd::grad({y}, {value}, {dy})[0], got[0])) << "a second time";
}

INSTANTIATE_TEST_SUITE_P(Shapes, GatedRecursionTest,
                         testing::Values(Case{3, 5, {8}, 8, at::kFloat}, Case{9, 7, {4, 8, 16}, 16, at::kFloat},
                                         Case{40, 41, {16, 32, 64}, 64, at::kFloat},
                                         Case{14, 14, {16, 32, 64, 128, 256}, 256, at::kFloat},
                                         Case{20, 30, {16, 32}, 0, at::kFloat}, Case{6, 5, {3, 6, 12}, 5, at::kDouble}),
                         [](const auto& info) {
                           return "order" + std::to_string(info.param.dims.size()) + "_" +
                                  std::to_string(info.param.height) + "x" + std::to_string(info.param.width);
                         });

class GatedRecursionInDouble : public GatedRecursionTest {
 protected:
  GatedRecursionInDouble() : GatedRecursionTest(Case{2, 2, {2, 4, 8}, 4, at::kDouble}) {}
};

TEST_F(GatedRecursionInDouble, GradientsAreDifferenceQuotients) {
  const at::Tensor dy = at::randn({2, 2, 2, 4}, at::kDouble);
  for (at::Tensor* moved : {&value, &gates}) {
    at::Tensor leaf = moved->detach().clone().requires_grad_();
    const auto run = [&](const at::Tensor& at) {
      return gated_recursion(moved == &value ? at : value, moved == &gates ? at : gates, w);
    };
    const at::Tensor gradient = torch::autograd::grad({run(leaf)}, {leaf}, {dy})[0].flatten();
    constexpr double kStep = 1e-6;
    for (std::int64_t i = 0; i < leaf.numel(); ++i) {
      at::Tensor above = leaf.detach().clone(), below = leaf.detach().clone();
      above.view(-1)[i] += kStep;
      below.view(-1)[i] -= kStep;
      const double quotient = ((run(above) - run(below)) * dy).sum().item<double>() / (2 * kStep);
      // The quotient's own error: rounding of values of about 10 over the step.
      EXPECT_NEAR(gradient[i].item<double>(), quotient, 1e-7) << i;
    }
  }
}

TEST_F(GatedRecursionInDouble, SecondDerivativesAreThoseOfTheSingleSteps) {
  gates.requires_grad_();
  const auto second = [&](const at::Tensor& y) {
    const at::Tensor first = torch::autograd::grad({y.pow(3).sum()}, {gates}, {}, true, true)[0];
    return torch::autograd::grad({first.pow(2).sum()}, {gates})[0];
  };
  EXPECT_LT(relative_difference(second(gated_recursion(value, gates, w)), second(step_by_step(value, gates))), 1e-11);
}

TEST_F(GatedRecursionInDouble, TrainableWeightsAndOtherTypesAreNotForIt) {
  EXPECT_FALSE(gated_recursion_fits(value.to(at::kBFloat16), gates.to(at::kBFloat16), w));
  EXPECT_FALSE(gated_recursion_fits(value.to(at::kFloat), gates, w));
  w.pointwise[0].requires_grad_();
  EXPECT_FALSE(gated_recursion_fits(value, gates, w));
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(gated_recursion_fits(value, gates, w));
}

}  // namespace
}  // namespace orderscope
