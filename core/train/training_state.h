// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint/checkpoint.h"

namespace orderscope {

/// One line of log.csv: an epoch.
struct EpochLog {
  int epoch = 0;  ///< from 1
  std::int64_t step = 0;
  double learning_rate = 0;
  double train_loss = 0;
  std::optional<double> val_top1, val_top5;  ///< fractions, of the averaged weights
  double seconds = 0;                        ///< of training so far
};

std::string log_csv(const std::vector<EpochLog>& log);

/// Reads what log_csv wrote. Errors: Broken (names the line).
Result<std::vector<EpochLog>> parse_log_csv(const std::string& text, const std::string& path);

/// Where a training stands, beside its tensors. Randomness needs no state: it is keyed by the step.
struct TrainingState {
  std::int64_t step = 0;  ///< steps done
  double loss_sum = 0;    ///< over the steps of the running epoch
  double seconds = 0;
  std::vector<EpochLog> log;
};

/// Writes everything that a continued training needs; whole or not at all. `recipe` is what must not change between.
/// Errors: FileAccess.
Result<void> save_state(const std::filesystem::path& path, const TrainingState& state, const nlohmann::json& recipe,
                        const StateDict& tensors);

/// Copies the tensors of a saved state into `tensors` (same names, shapes and dtypes) and gives the rest.
/// Errors: FileAccess, Broken; InvalidInput when the state was made with another recipe (names the first difference).
Result<TrainingState> load_state(const std::filesystem::path& path, const nlohmann::json& recipe, StateDict& tensors);

}  // namespace orderscope
