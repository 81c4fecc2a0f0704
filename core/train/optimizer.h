// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/train/options.h"

namespace orderscope {

/// False for what weight decay would only harm: biases, norms and layer scales (one dimension), position tables.
bool takes_weight_decay(const std::string& name, const at::Tensor& parameter);

/// AdamW (Loshchilov & Hutter 2017) over named parameters, as torch.optim.AdamW computes it.
class AdamW {
 public:
  AdamW(const StateDict& parameters, const TrainOptions& options);

  /// One update by the parameters' gradients, after clipping their common norm; gradients are dropped afterwards.
  /// Gives the norm before clipping.
  double step(double learning_rate);

  /// The moments as "exp_avg.<name>" and "exp_avg_sq.<name>". They are the optimizer's own: copying into them and
  /// set_steps() restores a state.
  StateDict state() const;
  void set_steps(std::int64_t steps);

 private:
  struct Group {
    double weight_decay = 0;
    std::vector<std::string> names;
    std::vector<at::Tensor> parameters, exp_avg, exp_avg_sq, steps;
  };

  double clip_norm_, beta1_, beta2_;
  std::vector<Group> groups_;
};

/// average = decay * average + (1 - decay) * parameter, for each pair.
void update_average(const std::vector<at::Tensor>& average, const std::vector<at::Tensor>& parameters, double decay);

}  // namespace orderscope
