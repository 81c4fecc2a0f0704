// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

/// Where the files may lie that a file from somebody else names: anywhere, or in some folders and below them.
class PathScope {
 public:
  static PathScope anywhere() { return PathScope(); }
  static PathScope below(const std::vector<std::filesystem::path>& folders);

  bool is_anywhere() const { return !folders_; }
  /// Links are followed, so that a link does not lead out. The path need not exist; a relative one starts from the
  /// current folder.
  bool contains(const std::filesystem::path& path) const;

 private:
  std::optional<std::vector<std::filesystem::path>> folders_;  ///< without links
};

/// Asks a scope about many files: each folder once, for a data set has a million pictures in a few of them.
class ScopeOfFiles {
 public:
  explicit ScopeOfFiles(PathScope scope) : scope_(std::move(scope)) {}
  bool contains(const std::filesystem::path& file);

 private:
  PathScope scope_;
  std::unordered_map<std::string, bool> folders_;
};

/// Why a path is not looked at; `named_by`: "settings", "list", "pictures", "run". The error is InvalidInput.
Error outside_of(const std::string& named_by, const std::filesystem::path& path);

}  // namespace orderscope
