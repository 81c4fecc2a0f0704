// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "core/analysis/order_factor.h"
#include "core/models/model.h"
#include "core/trace/trace.h"

namespace orderscope {

/// Logits under a factor for every gate, made for sliders: a call re-runs the network only from the first block whose
/// factors differ from those of the call before. Not thread safe.
class OrderMixer {
 public:
  /// `trace`, of one or several images, is where mixing starts; it must live as long as the mixer.
  OrderMixer(std::shared_ptr<const Model> model, const Trace& trace) : model_(std::move(model)), origin_(trace) {}

  /// Logits [N, classes]. Gates that are not named keep factor 1. Errors: InvalidInput for a block without a gnConv, an
  /// order that it lacks, a factor that is not finite; Cancelled, after which the last mix stays in force.
  Result<at::Tensor> mix(std::span<const OrderFactor> factors, const JobContext& job = {});

 private:
  using Factors = std::map<std::pair<std::size_t, int>, double>;  ///< other than 1, by block index and order

  std::shared_ptr<const Model> model_;
  const Trace& origin_;
  std::optional<Trace> current_;
  Factors factors_;
};

}  // namespace orderscope
