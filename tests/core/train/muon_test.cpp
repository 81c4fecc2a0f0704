// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/muon.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace orderscope {
namespace {

TEST(IsHiddenMatrix, LeavesStemHeadAndDepthwiseKernelsOut) {
  EXPECT_TRUE(is_hidden_matrix("stages.0.0.gnconv.proj_in.weight", at::zeros({8, 4, 1, 1})));
  EXPECT_TRUE(is_hidden_matrix("stages.0.0.pwconv1.weight", at::zeros({8, 2})));
  EXPECT_TRUE(is_hidden_matrix("downsample_layers.1.1.weight", at::zeros({8, 4, 2, 2})));
  EXPECT_TRUE(is_hidden_matrix("layers.0.downsample.reduction.weight", at::zeros({8, 16})));
  EXPECT_FALSE(is_hidden_matrix("downsample_layers.0.0.weight", at::zeros({8, 3, 4, 4})));
  EXPECT_FALSE(is_hidden_matrix("patch_embed.proj.weight", at::zeros({8, 3, 4, 4})));
  EXPECT_FALSE(is_hidden_matrix("stages.0.0.dwconv.weight", at::zeros({8, 1, 7, 7})));
  EXPECT_FALSE(is_hidden_matrix("stages.2.0.gnconv.dwconv.complex_weight", at::zeros({4, 14, 8, 2})));
  EXPECT_FALSE(is_hidden_matrix("layers.0.blocks.0.attn.relative_position_bias_table", at::zeros({169, 3})));
  EXPECT_FALSE(is_hidden_matrix("head.weight", at::zeros({10, 8})));
  EXPECT_FALSE(is_hidden_matrix("norm.weight", at::zeros({8})));
}

TEST(Orthogonalized, KeepsDirectionsAndEvensOutSizes) {
  torch::manual_seed(3);
  for (const auto& shape : {std::vector<std::int64_t>{24, 24}, {8, 40}, {40, 8}}) {
    const at::Tensor matrix = at::randn(shape, at::kDouble);
    const at::Tensor result = orthogonalized(matrix);
    const auto [u, s, v] = at::svd(matrix);
    // U^T result V is diagonal, as the iteration only changes singular values (rounding of float64).
    const at::Tensor inner = at::mm(at::mm(u.t(), result), v);
    EXPECT_LT((inner - inner.diag().diag()).abs().max().item<double>(), 1e-9);
    // Five steps of the published coefficients take whatever is above a hundredth of the norm to within [0.65, 1.25].
    const at::Tensor large = inner.diag().masked_select(s > 0.02 * s.norm());
    EXPECT_GT(large.min().item<double>(), 0.65);
    EXPECT_LT(large.max().item<double>(), 1.25);
  }
}

TEST(Muon, DecaysAndStepsByTheLearningRate) {
  TrainOptions options;
  options.weight_decay = 0.1;
  StateDict parameters{{"w.weight", at::ones({4, 4}).requires_grad_()}};
  Muon muon(parameters, options);
  parameters[0].tensor.mutable_grad() = at::eye(4);
  muon.step(0.5);
  // The gradient is a multiple of an orthogonal matrix already: the step is 0.5 * 0.2 * sqrt(4) = 0.2 along it, up to
  // the iteration's own [0.65, 1.25]; everything decays by 0.5 * 0.1.
  const at::Tensor moved = parameters[0].tensor.detach() - 0.95;
  EXPECT_NEAR(moved[0][1].item<double>(), 0, 1e-6);
  EXPECT_LT(moved[0][0].item<double>(), -0.2 * 0.65);
  EXPECT_GT(moved[0][0].item<double>(), -0.2 * 1.25);
  EXPECT_FALSE(parameters[0].tensor.grad().defined());
}

}  // namespace
}  // namespace orderscope
