// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli/input.h"
#include "core/analysis/order_ablation.h"

namespace orderscope::cli {

struct AblateOptions {
  ModelOptions model;
  InputOptions input;
  std::filesystem::path images, other;
  std::optional<int> order, class_index;
  std::optional<double> factor;
  std::string block = "*", mode;
  std::vector<std::string> per;
  bool cam = false;

  /// Errors: InvalidInput for options that contradict each other.
  Result<OrderEdit> edit() const;
  /// Those of --other; none unless they are needed.
  Result<Gates> gates(const Model& model, const OrderEdit& how, const JobContext& job) const;
};

/// Accuracy and loss on --images without each order.
Result<void> ablate_folder(const AblateOptions& options, const CommonOptions& common, const Model& model,
                           const OrderEdit& how, const Gates& gates, const JobContext& job);

}  // namespace orderscope::cli
