// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/base/result.h"

namespace orderscope {

/// Of which file a part is a part, as its server described it.
struct PartOrigin {
  std::string url;
  std::string etag;
  std::string last_modified;
  std::optional<std::int64_t> total;

  /// What If-Range takes: a strong ETag, else the date; empty if the server gave neither, and nothing can be gone on
  /// with.
  std::string validator() const;
};

/// The file that a download is collected in, locked against a second download, with its origin in a JSON beside it.
class PartFile {
 public:
  /// Errors: FileAccess, also when another process or thread has it.
  static Result<PartFile> open(const std::filesystem::path& path);

  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  std::int64_t size() const { return size_; }
  const PartOrigin& origin() const { return origin_; }
  const std::filesystem::path& path() const { return path_; }

  Result<void> restart(PartOrigin origin);  ///< empties it for another content
  Result<void> append(std::span<const std::byte> bytes);
  void clear();  ///< an empty part is removed when it is closed

  /// Syncs it and gives it its final name. Without `overwrite` an existing file is left alone, also one that appears
  /// at the last moment. Errors: FileAccess.
  Result<void> finish(const std::filesystem::path& file, bool overwrite);

 private:
  PartFile(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::filesystem::path origin_path() const { return path_.string() + ".json"; }
  void read_origin();

  std::filesystem::path path_;
  int descriptor_;
  std::int64_t size_ = 0;
  PartOrigin origin_;
};

}  // namespace orderscope
