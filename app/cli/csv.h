// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope::cli {

/// A table as other programs read it: a line of names, then a line a row (RFC 4180, but lines end in \n).
class CsvTable {
 public:
  explicit CsvTable(std::vector<std::string> columns) { add(std::move(columns)); }

  void add(const std::vector<std::string>& row);
  Result<void> write(const std::filesystem::path& path) const;

 private:
  std::string text_;
};

}  // namespace orderscope::cli
