// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/weights/http.h"

namespace orderscope {

struct DownloadRequest {
  std::string label;              ///< for progress
  std::vector<std::string> urls;  ///< of the same file, tried in turn
  std::filesystem::path file;     ///< must not exist unless `overwrite`
  std::int64_t limit = 0;         ///< more bytes than this are refused
  bool overwrite = false;
  /// Looks at the whole file and its SHA-256 before it gets its name; an error keeps it from getting it.
  std::function<Result<void>(const std::filesystem::path& part, const std::string& sha256)> accept;
};

struct DownloadOptions {
  HttpPatience patience;
  int attempts = 6;                            ///< for an address, as long as what fails may pass
  std::chrono::milliseconds first_wait{1000};  ///< before the second attempt; doubles
};

struct Downloaded {
  std::string url;        ///< the one of the list that worked
  std::string final_url;  ///< after redirects
  std::int64_t bytes = 0;
  std::string sha256;
  std::string etag, last_modified;
};

/// Where the content of `file` is collected until it is whole. It outlives a dropped line, a cancellation, and the
/// program; the next download of the same address goes on from there if the server says the file is still the same.
std::filesystem::path part_of(const std::filesystem::path& file);

/// Downloads into part_of(file), goes on after interruptions, and gives the whole, synced file its name. Errors:
/// Cancelled (the part stays); FileAccess (the network, the server, the disk, a file that is in the way, another
/// download of the same file); Broken (larger than the limit, a web page instead of a file, or what `accept` says).
Result<Downloaded> download(const DownloadRequest& request, const DownloadOptions& options, const JobContext& job);

/// SHA-256 of a file, with progress. Errors: FileAccess, Cancelled.
Result<std::string> sha256_of_file(const std::filesystem::path& path, const std::string& label, const JobContext& job);

}  // namespace orderscope
