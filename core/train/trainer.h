// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>

#include "core/base/job.h"
#include "core/train/evaluate.h"
#include "core/train/options.h"

namespace orderscope {

struct TrainingSummary {
  bool already_finished = false;  ///< nothing was left to do
  std::int64_t resumed_at = 0;    ///< steps that an earlier call had done
  std::int64_t steps = 0;
  int epochs = 0;
  double train_loss = 0;         ///< mean of the last epoch
  std::optional<Accuracy> val;   ///< of the final averaged weights
  double images_per_second = 0;  ///< of this call
  std::filesystem::path model;   ///< the written checkpoint
};

/// Trains a backbone from scratch with AdamW, as HorNet's, Swin's and ConvNeXt's authors do, and writes to options.out:
/// last.safetensors (the state, after each epoch), log.csv (a line an epoch), and at the end model.safetensors: the
/// averaged weights under the official names with class names, preprocessing and recipe as metadata.
/// The same call again continues where the state stands, to the same weights as an uninterrupted training.
/// Errors: InvalidInput (options, data, another recipe in the same folder, a loss that is no number), FileAccess,
/// Broken (a picture), Cancelled (after the state was saved).
Result<TrainingSummary> train(const TrainOptions& options, const JobContext& job = {});

}  // namespace orderscope
