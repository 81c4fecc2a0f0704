// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/models/backbone.h"
#include "core/train/batch_loader.h"
#include "core/train/muon.h"
#include "core/train/optimizer.h"
#include "core/train/options.h"
#include "core/train/training_state.h"

namespace orderscope {

/// A network being trained, with everything that changes at a step.
class Training {
 public:
  /// `options.architecture.classes` must be set. Errors: InvalidInput for an architecture or input size that does not
  /// work.
  static Result<Training> create(const TrainOptions& options, std::int64_t steps_per_epoch);

  /// One update. Gives the loss. Errors: InvalidInput when the loss is no number; OutOfMemory.
  Result<double> step(const Batch& batch, std::int64_t step);

  double learning_rate(std::int64_t step) const;

  /// What a state file holds: weights, averaged weights, moments. They share memory with the training.
  StateDict tensors() const;
  void set_steps(std::int64_t steps) { adamw_.set_steps(steps); }

  const Backbone& averaged() const { return *averaged_; }
  /// The averaged weights under the official names. Errors: InvalidInput when one is too large for float16.
  Result<StateDict> weights(bool half) const;

 private:
  Training(const TrainOptions& options, std::int64_t steps_per_epoch, std::shared_ptr<Backbone> backbone,
           std::shared_ptr<Backbone> averaged, const StateDict& parameters);

  TrainOptions options_;
  std::int64_t steps_per_epoch_;
  std::shared_ptr<Backbone> backbone_, averaged_;
  StateDict parameters_, averaged_parameters_;
  std::vector<at::Tensor> values_, averaged_values_;
  Muon muon_;  ///< without parameters unless asked for
  AdamW adamw_;
};

}  // namespace orderscope
