// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

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

}  // namespace orderscope
