// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/run/batch_config.h"
#include "core/run/batch_shard.h"

namespace orderscope {

struct BatchOutcome {
  std::filesystem::path folder;  ///< where the store is: the run, or its shard
  std::int64_t images = 0, broken = 0;
  std::int64_t before = 0;  ///< images that an earlier call had finished
  double seconds = 0;
  std::vector<std::string> notes;  ///< what was found while listing, and the models' warnings
};

/// Runs every model on every image and keeps what it finds in RUN/store.sqlite; goes on with what is there. Decoding,
/// the models and the writing overlap. A chunk of images is one transaction: whatever ends the program, the store holds
/// whole chunks, and calling this again does the rest. When the job's token is stopped, the chunk under way is finished
/// first; that is the pause of a window, too.
/// Errors: Cancelled (stopped; call again to go on), InvalidInput (other settings than the run was begun with, a model
/// file that has changed), FileAccess (another process writes this run, disk full), and as load_model.
Result<BatchOutcome> run_batch(const std::filesystem::path& run, const BatchConfig& config, const Shard& shard = {},
                               const JobContext& job = {});

/// Goes on with a run by its own settings. `workers` 0: as many as by default. Errors: also InvalidInput, where its
/// store names a model or a picture outside `scope`; nothing is opened then.
Result<BatchOutcome> resume_batch(const std::filesystem::path& run, const Shard& shard = {}, int workers = 0,
                                  const JobContext& job = {}, const PathScope& scope = PathScope::anywhere());

/// The settings as a run keeps them: their text does not depend on the current folder.
std::string settings_of_run(const BatchConfig& config);

}  // namespace orderscope
