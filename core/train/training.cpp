// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/training.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "core/base/guard.h"
#include "core/train/random_stream.h"
#include "core/train/schedule.h"

namespace orderscope {

namespace {

StateDict parameters_of(const Backbone& backbone) {
  StateDict parameters;
  for (const auto& item : backbone.named_parameters()) parameters.push_back({item.key(), item.value()});
  return parameters;
}

std::vector<at::Tensor> values_of(const StateDict& named) {
  std::vector<at::Tensor> values;
  for (const NamedTensor& n : named) values.push_back(n.tensor);
  return values;
}

/// The parameters that Muon takes, or those that it leaves to AdamW.
StateDict share_of(OptimizerKind asked, OptimizerKind taker, const StateDict& parameters) {
  StateDict share;
  for (const NamedTensor& n : parameters) {
    const bool muon = asked == OptimizerKind::Muon && is_hidden_matrix(n.name, n.tensor);
    if (muon == (taker == OptimizerKind::Muon)) share.push_back(n);
  }
  return share;
}

}  // namespace

Result<Training> Training::create(const TrainOptions& options, std::int64_t steps_per_epoch) {
  TRY(auto backbone, make_backbone(options.architecture));
  TRY(auto averaged, make_backbone(options.architecture));
  const int size = options.architecture.image_size;
  TRY_VOID(backbone->check_input(size, size));

  at::manual_seed(random_stream(options.seed, RandomUse::Weights, 0)());
  initialize(*backbone, options.layer_scale_init);
  backbone->set_drop_path(options.drop_path);
  backbone->train();
  averaged->eval();
  const at::NoGradGuard no_grad;
  const StateDict parameters = parameters_of(*backbone);
  const StateDict copies = parameters_of(*averaged);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    copies[i].tensor.requires_grad_(false);
    copies[i].tensor.copy_(parameters[i].tensor);
  }
  return Training(options, steps_per_epoch, std::move(backbone), std::move(averaged), parameters);
}

Training::Training(const TrainOptions& options, std::int64_t steps_per_epoch, std::shared_ptr<Backbone> backbone,
                   std::shared_ptr<Backbone> averaged, const StateDict& parameters)
    : options_(options),
      steps_per_epoch_(steps_per_epoch),
      backbone_(std::move(backbone)),
      averaged_(std::move(averaged)),
      parameters_(parameters),
      averaged_parameters_(parameters_of(*averaged_)),
      values_(values_of(parameters_)),
      averaged_values_(values_of(averaged_parameters_)),
      muon_(share_of(options.optimizer, OptimizerKind::Muon, parameters_), options),
      adamw_(share_of(options.optimizer, OptimizerKind::AdamW, parameters_), options) {}

double Training::learning_rate(std::int64_t step) const {
  CosineSchedule schedule;
  schedule.peak = options_.learning_rate;
  schedule.floor = options_.min_learning_rate;
  schedule.warmup_steps = std::llround(options_.warmup_epochs * static_cast<double>(steps_per_epoch_));
  schedule.total_steps = steps_per_epoch_ * options_.epochs;
  return schedule.at(step);
}

Result<double> Training::step(const Batch& batch, std::int64_t step) {
  double loss_value = 0;
  TRY_VOID(guarded([&] {
    // Drop path draws from torch's generator.
    at::manual_seed(random_stream(options_.seed, RandomUse::Step, static_cast<std::uint64_t>(step))());
    const at::Tensor logits = backbone_->forward(batch.images);
    const at::Tensor loss = -(batch.targets * logits.log_softmax(1)).sum(1).mean();
    loss_value = loss.item<double>();
    if (!std::isfinite(loss_value)) return;
    loss.backward();
    muon_.step(learning_rate(step));
    adamw_.step(learning_rate(step));
    update_average(averaged_values_, values_, ema_decay_at(step, options_.ema_decay));
  }));
  if (!std::isfinite(loss_value)) {
    return fail(Error::Kind::InvalidInput,
                "the loss became " + std::to_string(loss_value) + " at step " + std::to_string(step + 1), "training",
                "use a lower learning rate or a longer warm-up");
  }
  return loss_value;
}

StateDict Training::tensors() const {
  StateDict all = adamw_.state();
  for (const NamedTensor& n : muon_.state()) all.push_back(n);
  for (const NamedTensor& n : parameters_) all.push_back({"model." + n.name, n.tensor.detach()});
  for (const NamedTensor& n : averaged_parameters_) all.push_back({"ema." + n.name, n.tensor.detach()});
  return all;
}

Result<StateDict> Training::weights(bool half) const {
  StateDict weights;
  for (const NamedTensor& n : averaged_parameters_) {
    at::Tensor value = n.tensor.detach();
    if (half) {
      value = value.to(at::kHalf);
      if (!value.isfinite().all().item<bool>())
        return fail(Error::Kind::InvalidInput, "has weights beyond float16's largest number", n.name, "write float32");
    }
    weights.push_back({n.name, value});
  }
  return weights;
}

}  // namespace orderscope
