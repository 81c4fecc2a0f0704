// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/train/options.h"

namespace orderscope {

/// True for the weights of linear layers, 1x1 and downsampling convolutions. Stem, head, depthwise kernels, filters and
/// tables are no maps from one hidden vector to another and stay with AdamW.
bool is_hidden_matrix(const std::string& name, const at::Tensor& parameter);

/// The nearest matrix with all singular values near 1, by five steps of the quintic Newton-Schulz iteration of
/// Jordan et al., Muon (2024): values in [0.7, 1.2]. [m, n] to the same.
at::Tensor orthogonalized(const at::Tensor& matrix);

/// Muon (Jordan et al. 2024): momentum in Nesterov's form, orthogonalised; scaled by 0.2 sqrt(max(m, n)) and with
/// decoupled weight decay as in Liu et al., "Muon is scalable for LLM training" (2025), so that AdamW's learning rate
/// and decay serve both. Convolutions count as matrices [out, in * kernel].
class Muon {
 public:
  Muon(const StateDict& parameters, const TrainOptions& options);

  /// One update by the parameters' gradients, which are dropped afterwards.
  void step(double learning_rate);

  /// The momenta as "momentum.<name>", the optimizer's own.
  StateDict state() const { return momenta_; }

 private:
  double weight_decay_;
  std::vector<at::Tensor> parameters_;
  StateDict momenta_;
};

}  // namespace orderscope
