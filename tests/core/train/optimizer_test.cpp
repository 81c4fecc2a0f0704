// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/optimizer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace orderscope {
namespace {

TEST(TakesWeightDecay, MatricesOnly) {
  EXPECT_TRUE(takes_weight_decay("stages.0.0.pwconv1.weight", at::zeros({8, 2})));
  EXPECT_TRUE(takes_weight_decay("stages.0.0.gnconv.dwconv.weight", at::zeros({8, 1, 7, 7})));
  EXPECT_TRUE(takes_weight_decay("stages.2.0.gnconv.dwconv.complex_weight", at::zeros({4, 14, 8, 2})));
  EXPECT_FALSE(takes_weight_decay("stages.0.0.pwconv1.bias", at::zeros({8})));
  EXPECT_FALSE(takes_weight_decay("norm.weight", at::zeros({8})));
  EXPECT_FALSE(takes_weight_decay("stages.0.0.gamma1", at::zeros({8})));
  EXPECT_FALSE(takes_weight_decay("layers.0.blocks.0.attn.relative_position_bias_table", at::zeros({169, 3})));
  EXPECT_FALSE(takes_weight_decay("absolute_pos_embed", at::zeros({1, 16, 8})));
}

struct Problem {
  StateDict parameters;
  Problem() {
    torch::manual_seed(4);
    parameters = {{"a.weight", at::randn({5, 3}).requires_grad_()}, {"a.bias", at::randn({5}).requires_grad_()}};
  }
  /// Sets gradients that differ at each step.
  void gradients(int step) {
    torch::manual_seed(100 + step);
    for (auto& p : parameters) p.tensor.mutable_grad() = at::randn_like(p.tensor.detach()) * 10;
  }
};

TEST(AdamW, UpdatesAsTorchsOptimizer) {
  Problem ours, theirs;
  TrainOptions options;
  options.weight_decay = 0.1;
  options.clip_norm = 2;
  AdamW optimizer(ours.parameters, options);
  const auto group = [&](int index, double decay) {
    auto group_options = std::make_unique<torch::optim::AdamWOptions>(1e-2);
    group_options->weight_decay(decay).betas({options.beta1, options.beta2}).eps(1e-8);
    return torch::optim::OptimizerParamGroup({theirs.parameters[index].tensor}, std::move(group_options));
  };
  torch::optim::AdamW reference({group(0, 0.1), group(1, 0)}, torch::optim::AdamWOptions(1e-2));
  for (int step = 0; step < 20; ++step) {
    ours.gradients(step);
    theirs.gradients(step);
    const double norm = optimizer.step(1e-2);
    std::vector<at::Tensor> all{theirs.parameters[0].tensor, theirs.parameters[1].tensor};
    EXPECT_NEAR(norm, torch::nn::utils::clip_grad_norm_(all, 2), 1e-4 * norm);
    reference.step();
    EXPECT_FALSE(ours.parameters[0].tensor.grad().defined());
  }
  // Float32 rounding of twenty updates of size 0.01.
  for (int i = 0; i < 2; ++i)
    EXPECT_LT((ours.parameters[i].tensor - theirs.parameters[i].tensor).abs().max().item<double>(), 2e-6);
}

TEST(AdamW, ContinuesFromACopiedState) {
  Problem straight, resumed;
  TrainOptions options;
  AdamW first(straight.parameters, options), second(resumed.parameters, options);
  for (int step = 0; step < 3; ++step) {
    straight.gradients(step);
    first.step(1e-2);
  }
  const at::NoGradGuard no_grad;
  for (int i = 0; i < 2; ++i) resumed.parameters[i].tensor.copy_(straight.parameters[i].tensor);
  const StateDict from = first.state(), to = second.state();
  ASSERT_EQ(from.size(), 4U);
  for (std::size_t i = 0; i < from.size(); ++i) {
    EXPECT_EQ(from[i].name, to[i].name);
    to[i].tensor.copy_(from[i].tensor);
  }
  second.set_steps(3);
  straight.gradients(3);
  resumed.gradients(3);
  first.step(1e-2);
  second.step(1e-2);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(at::equal(straight.parameters[i].tensor, resumed.parameters[i].tensor));
}

TEST(UpdateAverage, KeepsTheGivenFractionOfTheOldValue) {
  const std::vector<at::Tensor> average{at::full({3}, 2.0), at::full({2, 2}, -1.0)};
  const std::vector<at::Tensor> values{at::full({3}, 4.0), at::full({2, 2}, 1.0)};
  update_average(average, values, 0.75);
  EXPECT_TRUE(at::allclose(average[0], at::full({3}, 2.5)));
  EXPECT_TRUE(at::allclose(average[1], at::full({2, 2}, -0.5)));
  update_average(average, values, 0);
  EXPECT_TRUE(at::equal(average[0], values[0]));
}

}  // namespace
}  // namespace orderscope
