// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <string_view>

namespace orderscope {

bool takes_weight_decay(const std::string& name, const at::Tensor& parameter) {
  const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
  return parameter.dim() > 1 && last != "bias" && last != "relative_position_bias_table" &&
         last != "absolute_pos_embed";
}

AdamW::AdamW(const StateDict& parameters, const TrainOptions& options)
    : clip_norm_(options.clip_norm), beta1_(options.beta1), beta2_(options.beta2), groups_(2) {
  groups_[0].weight_decay = options.weight_decay;
  for (const auto& [name, parameter] : parameters) {
    Group& group = groups_[takes_weight_decay(name, parameter) ? 0 : 1];
    group.names.push_back(name);
    group.parameters.push_back(parameter);
    group.exp_avg.push_back(at::zeros_like(parameter));
    group.exp_avg_sq.push_back(at::zeros_like(parameter));
    group.steps.push_back(at::zeros({}));
  }
}

double AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const Group& group : groups_) {
    for (const at::Tensor& parameter : group.parameters)
      gradients.push_back(parameter.grad().defined() ? parameter.grad().contiguous() : at::zeros_like(parameter));
  }
  const double norm = at::stack(at::_foreach_norm(gradients)).norm().item<double>();
  if (clip_norm_ > 0 && norm > clip_norm_) at::_foreach_mul_(gradients, clip_norm_ / (norm + 1e-6));

  auto first = gradients.begin();
  for (Group& group : groups_) {
    const auto count = static_cast<std::ptrdiff_t>(group.parameters.size());
    if (count == 0) continue;
    const std::vector<at::Tensor> own(first, first + count);
    first += count;
    at::_foreach_add_(group.steps, 1);
    at::_fused_adamw_(group.parameters, own, group.exp_avg, group.exp_avg_sq, {}, group.steps, learning_rate, beta1_,
                      beta2_, group.weight_decay, 1e-8, false, false);
    for (at::Tensor& parameter : group.parameters) parameter.mutable_grad().reset();
  }
  return norm;
}

StateDict AdamW::state() const {
  StateDict state;
  for (const Group& group : groups_) {
    for (std::size_t i = 0; i < group.names.size(); ++i) {
      state.push_back({"exp_avg." + group.names[i], group.exp_avg[i]});
      state.push_back({"exp_avg_sq." + group.names[i], group.exp_avg_sq[i]});
    }
  }
  return state;
}

void AdamW::set_steps(std::int64_t steps) {
  for (Group& group : groups_)
    for (at::Tensor& step : group.steps) step.fill_(steps);
}

void update_average(const std::vector<at::Tensor>& average, const std::vector<at::Tensor>& parameters, double decay) {
  const at::NoGradGuard no_grad;
  at::_foreach_lerp_(average, parameters, 1 - decay);
}

}  // namespace orderscope
