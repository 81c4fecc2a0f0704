// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/run/batch_config.h"

namespace orderscope {

struct SlurmOptions {
  std::filesystem::path program;       ///< orderscope-cli, as the nodes see it
  std::vector<std::string> arguments;  ///< put after `batch run`, e.g. --threads 8
  std::vector<std::string> sbatch;     ///< options for both jobs, e.g. --partition=gpu
  int shards = 8;
  int tries = 3;       ///< of a shard that fails, inside its task
  bool submit = true;  ///< false: only write the scripts
};

struct SlurmJobs {
  std::filesystem::path array_script, merge_script;
  std::string array, merge;  ///< job ids; "" if not submitted
  std::int64_t images = 0;
};

/// Lists and hashes the images once, so that no task has to, writes RUN/slurm/{config.json, images.csv, array.sh,
/// merge.sh} and hands Slurm an array of shards and a job that merges them once all are done. A task that is killed and
/// requeued goes on where it was. Errors: as list_batch_images; FileAccess; Unsupported if there is no sbatch or it
/// refuses (with its words).
Result<SlurmJobs> submit_to_slurm(const std::filesystem::path& run, const BatchConfig& config,
                                  const SlurmOptions& options, const JobContext& job = {});

}  // namespace orderscope
