// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>

#include "core/weights/catalogue.h"
#include "core/weights/download.h"

namespace orderscope {

/// What was noted beside a downloaded file, as FILE.json: where it came from and what it was.
struct WeightsRecord {
  std::string name;
  std::string url, final_url;
  std::string licence;
  std::int64_t bytes = 0;
  std::string sha256;
  bool checked = false;  ///< against digits that the publisher states; else trusted when it came first
  std::string etag, last_modified;
  std::string downloaded;  ///< UTC, ISO 8601
};

enum class WeightsState { Absent, Partial, Present };

/// What is there of some weights.
struct LocalWeights {
  WeightsState state = WeightsState::Absent;
  std::filesystem::path file;  ///< where they are or would be
  std::int64_t bytes = 0;      ///< of the file or of its part
  /// Also of a file that was removed since: the next download is held against it.
  std::optional<WeightsRecord> record;
};

LocalWeights local_weights(const PublishedWeights& weights, const std::filesystem::path& folder);

struct GetOptions {
  DownloadOptions download;
  bool again = false;         ///< also when they are there; the old file is replaced once the new one is whole
  bool trust_change = false;  ///< take a content other than the one that came first
};

struct GotWeights {
  std::filesystem::path file;
  WeightsRecord record;
  bool already_there = false;  ///< nothing was asked of the network
};

/// Downloads published weights into `folder`. The file gets its name when it is whole, has the published checksum or
/// the one recorded at the first download, and opens as a checkpoint. Errors: as download(); Broken when any of these
/// fails.
Result<GotWeights> get_weights(const PublishedWeights& weights, const std::filesystem::path& folder,
                               const GetOptions& options, const JobContext& job);

struct WeightsCheck {
  std::string sha256;
  std::optional<bool> as_published;  ///< nothing where the publisher states no checksum
  std::optional<bool> as_recorded;   ///< nothing where there is no record

  bool good() const { return as_published.value_or(true) && as_recorded.value_or(true); }
};

/// Computes the checksum of what is there. Errors: FileAccess when nothing is; Cancelled.
Result<WeightsCheck> verify_weights(const PublishedWeights& weights, const std::filesystem::path& folder,
                                    const JobContext& job);

}  // namespace orderscope
