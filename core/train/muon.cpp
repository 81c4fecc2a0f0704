// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/muon.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

namespace orderscope {

namespace {

constexpr double kMomentum = 0.95;

}  // namespace

bool is_hidden_matrix(const std::string& name, const at::Tensor& parameter) {
  if (parameter.dim() != 2 && parameter.dim() != 4) return false;
  if (!name.ends_with(".weight") || name.find("dwconv") != std::string::npos) return false;
  return !name.starts_with("head.") && !name.starts_with("downsample_layers.0.") && !name.starts_with("patch_embed.");
}

at::Tensor orthogonalized(const at::Tensor& matrix) {
  const bool tall = matrix.size(0) > matrix.size(1);
  at::Tensor x = tall ? matrix.t() : matrix;
  x = x / (x.norm() + 1e-7);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor gram = at::mm(x, x.t());
    const at::Tensor polynomial = at::addmm(gram, gram, gram, -4.7750, 2.0315);
    x = at::addmm(x, polynomial, x, 3.4445, 1);
  }
  return tall ? x.t() : x;
}

Muon::Muon(const StateDict& parameters, const TrainOptions& options) : weight_decay_(options.weight_decay) {
  for (const auto& [name, parameter] : parameters) {
    parameters_.push_back(parameter);
    momenta_.push_back({"momentum." + name, at::zeros_like(parameter)});
  }
}

void Muon::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& parameter = parameters_[i];
    if (!parameter.grad().defined()) continue;
    const at::Tensor gradient = parameter.grad();
    at::Tensor& momentum = momenta_[i].tensor;
    momentum.lerp_(gradient, 1 - kMomentum);
    const at::Tensor direction = orthogonalized(gradient.lerp(momentum, kMomentum).flatten(1));
    const auto longer = static_cast<double>(std::max(direction.size(0), direction.size(1)));
    parameter.mul_(1 - learning_rate * weight_decay_);
    parameter.add_(direction.reshape(parameter.sizes()), -learning_rate * 0.2 * std::sqrt(longer));
    parameter.mutable_grad().reset();
  }
}

}  // namespace orderscope
