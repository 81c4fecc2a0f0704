// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "core/analysis/interactions.h"
#include "core/analysis/method.h"

namespace orderscope {

/// An image cut into grid x grid patches, player y * grid + x, of which those present are shown and the others replaced
/// by the baseline (see baseline_image). The value is log p / (1 - p) for the class' probability p, from the logits
/// directly, so that it stays finite where p rounds to 1.
struct PatchGame {
  Subject subject;
  int grid = 14;
  int class_index = 0;
  std::string baseline = "mean";

  /// Errors: InvalidInput for a grid finer than the pixels, a class that there is not, a model with a single class.
  Result<Game> game(std::string key, const JobContext& job = {}) const;

  /// [3, H, W]: patch row y covers pixel rows from y * H / grid on.
  at::Tensor masked(const Coalition& present, const at::Tensor& baseline_pixels) const;
};

/// log p / (1 - p) of a class for each row of logits [N, classes].
std::vector<double> log_odds(const at::Tensor& logits, int class_index);

/// All pairs of patches at most `distance` apart along rows and columns.
std::vector<std::pair<int, int>> neighbours(int grid, int distance);

}  // namespace orderscope
