// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/mlp.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/models/layers.h"

namespace orderscope {
namespace {

struct Case {
  std::int64_t height, width, channels;
  bool gamma;
  at::ScalarType type;
};

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

/// The layers of a block's second half with random frozen weights, and the same one after the other.
class AddMlp : public testing::TestWithParam<Case> {
 protected:
  static constexpr double kEps = 1e-6;

  explicit AddMlp(const Case& c = GetParam())
      : norm(c.channels, kEps), first(c.channels, 4 * c.channels), second(4 * c.channels, c.channels) {
    torch::manual_seed(5);
    for (torch::nn::Module* layer : {static_cast<torch::nn::Module*>(&norm), static_cast<torch::nn::Module*>(&first),
                                     static_cast<torch::nn::Module*>(&second)}) {
      layer->to(c.type);
      for (at::Tensor& parameter : layer->parameters()) {
        parameter.requires_grad_(false);
        torch::nn::init::normal_(parameter, 0, 0.2);
      }
    }
    if (c.gamma) gamma = at::randn({c.channels}, c.type);
    const std::vector<std::int64_t> shape{2, c.height, c.width, c.channels};
    x = at::randn(shape, c.type);
    z = at::randn(shape, c.type);
    dy = at::randn(shape, c.type);
    // Sums of up to 4096 products in another order, and in float GELU's formula (row_kernels.h).
    tolerance = c.type == at::kDouble ? 1e-13 : 5e-6;
  }

  at::Tensor fused(const at::Tensor& x_, const at::Tensor& z_) const {
    return add_mlp(x_, z_, norm, first, second, gamma, 0, false);
  }

  at::Tensor layer_by_layer(const at::Tensor& x_, const at::Tensor& z_) const {
    const at::Tensor normed = at::layer_norm(z_, norm.weight.sizes(), norm.weight, norm.bias, kEps);
    const at::Tensor branch =
        at::linear(at::gelu(at::linear(normed, first.weight, first.bias)), second.weight, second.bias);
    return x_ + (gamma.defined() ? branch * gamma : branch);
  }

  LayerNorm norm;
  Linear first, second;
  at::Tensor gamma, x, z, dy;
  double tolerance = 0;
};

TEST_P(AddMlp, ValuesAreThoseOfTheSingleLayers) {
  EXPECT_LT(relative_difference(fused(x, z), layer_by_layer(x, z)), tolerance);
  EXPECT_LT(relative_difference(fused(z, z), layer_by_layer(z, z)), tolerance);
  const at::Tensor strided = z.transpose(1, 2).contiguous().transpose(1, 2);
  EXPECT_LT(relative_difference(fused(x, strided), layer_by_layer(x, z)), tolerance) << "rows not side by side";
}

TEST_P(AddMlp, GradientsAreThoseOfTheSingleLayers) {
  x.requires_grad_();
  z.requires_grad_();
  const at::Tensor recorded = fused(x, z);
  EXPECT_TRUE(at::equal(recorded.detach(), fused(x.detach(), z.detach())));
  const auto got = torch::autograd::grad({recorded}, {x, z}, {dy});
  const auto expected = torch::autograd::grad({layer_by_layer(x, z)}, {x, z}, {dy});
  EXPECT_TRUE(at::equal(got[0], dy));
  EXPECT_LT(relative_difference(got[1], expected[1]), tolerance);

  const at::Tensor same = torch::autograd::grad({fused(z, z)}, {z}, {dy})[0];
  EXPECT_LT(relative_difference(same, torch::autograd::grad({layer_by_layer(z, z)}, {z}, {dy})[0]), tolerance);
}

TEST_P(AddMlp, TheGraphServesTwice) {
  z.requires_grad_();
  const at::Tensor y = fused(z, z);
  const at::Tensor once = torch::autograd::grad({y}, {z}, {dy}, /*retain_graph=*/true)[0];
  EXPECT_TRUE(at::equal(once, torch::autograd::grad({y}, {z}, {dy})[0]));
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  const Case& c = info.param;
  return std::to_string(c.height) + "x" + std::to_string(c.width) + "x" + std::to_string(c.channels) +
         (c.gamma ? "_gamma" : "") + (c.type == at::kDouble ? "_double" : "_float");
}

// One tile; a few; widths that fill no vector; more hidden values than are kept for the way back (the last).
INSTANTIATE_TEST_SUITE_P(Shapes, AddMlp,
                         testing::Values(Case{1, 1, 24, true, at::kFloat}, Case{5, 7, 17, true, at::kFloat},
                                         Case{31, 33, 32, false, at::kFloat}, Case{40, 50, 64, true, at::kFloat},
                                         Case{9, 15, 20, true, at::kDouble}, Case{20, 20, 16, false, at::kDouble},
                                         Case{30, 36, 512, true, at::kFloat}),
                         name_of);

class AddMlpInDouble : public AddMlp {
 protected:
  AddMlpInDouble() : AddMlp(Case{3, 2, 6, true, at::kDouble}) {}
};

TEST_F(AddMlpInDouble, GradientsAreDifferenceQuotients) {
  z.requires_grad_();
  const at::Tensor gradient = torch::autograd::grad({fused(z, z)}, {z}, {dy})[0].flatten();
  const auto score = [&](const at::Tensor& at) { return (fused(at, at) * dy).sum().item<double>(); };
  constexpr double kStep = 1e-6;
  for (std::int64_t i = 0; i < z.numel(); ++i) {
    at::Tensor above = z.detach().clone(), below = z.detach().clone();
    above.view(-1)[i] += kStep;
    below.view(-1)[i] -= kStep;
    const double quotient = (score(above) - score(below)) / (2 * kStep);
    // The quotient's own error: rounding of values of about 10 over the step, and the third derivative.
    EXPECT_NEAR(gradient[i].item<double>(), quotient, 1e-7) << i;
  }
}

TEST_F(AddMlpInDouble, SecondDerivativesAreThoseOfTheSingleLayers) {
  z.requires_grad_();
  const auto second = [&](const at::Tensor& y) {
    const at::Tensor once = torch::autograd::grad({(y.pow(3) * dy).sum()}, {z}, {}, true, true)[0];
    return torch::autograd::grad({once.pow(2).sum()}, {z})[0];
  };
  EXPECT_LT(relative_difference(second(fused(z, z)), second(layer_by_layer(z, z))), 1e-11);
}

TEST_F(AddMlpInDouble, TrainableWeightsHaveTheirGradients) {
  first.weight.requires_grad_();
  const at::Tensor dw = torch::autograd::grad({fused(z, z)}, {first.weight}, {dy})[0];
  const at::Tensor expected = torch::autograd::grad({layer_by_layer(z, z)}, {first.weight}, {dy})[0];
  EXPECT_LT(relative_difference(dw, expected), 1e-13);
}

}  // namespace
}  // namespace orderscope
