// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "core/base/job.h"
#include "core/run/batch_images.h"

namespace orderscope {

/// A part of a run: the images whose file's SHA-256, its first 16 digits taken as a number, leaves `index` when divided
/// by `count`. So the same photo is in the same shard on every machine, in whatever order and under whatever name.
struct Shard {
  int index = 0, count = 1;

  bool whole() const { return count == 1; }
  bool operator==(const Shard&) const = default;
};

/// "2/8": the third of eight. Errors: InvalidInput.
Result<Shard> shard_from_text(const std::string& text);
std::string to_string(const Shard& shard);

/// Where a shard of a run lies: RUN/shards/2-of-8; the run itself for a whole one.
std::filesystem::path shard_folder(const std::filesystem::path& run, const Shard& shard);

/// Which shard of `count` a file's SHA-256 belongs to.
int shard_of(const std::string& sha256, int count);

/// Fills in the SHA-256 of each image that lacks it, on `threads` threads. A file that cannot be read gets that of its
/// path, so that exactly one shard has it.
Result<void> hash_images(BatchImages& images, const std::filesystem::path& folder, int threads,
                         const JobContext& job = {});

/// Brings the shards' stores of a run together in RUN/store.sqlite, as one run would have made it. Errors: InvalidInput
/// if a shard is missing or unfinished (names it), if shards were made with different settings or models, or if there
/// is a store already; FileAccess.
struct MergeOutcome {
  int shards = 0;
  std::int64_t images = 0, broken = 0;
};
Result<MergeOutcome> merge_shards(const std::filesystem::path& run, const JobContext& job = {});

}  // namespace orderscope
