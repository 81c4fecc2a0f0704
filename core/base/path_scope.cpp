// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/path_scope.h"

#include <algorithm>
#include <system_error>

namespace orderscope {

namespace fs = std::filesystem;

PathScope PathScope::below(const std::vector<fs::path>& folders) {
  PathScope scope;
  scope.folders_.emplace();
  for (const fs::path& folder : folders) {
    std::error_code error;
    fs::path real = fs::canonical(folder, error);
    if (!error) scope.folders_->push_back(std::move(real));
  }
  return scope;
}

bool PathScope::contains(const fs::path& path) const {
  if (!folders_) return true;
  std::error_code error;
  const fs::path real = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) return false;
  return std::ranges::any_of(*folders_, [&](const fs::path& folder) {
    return std::mismatch(folder.begin(), folder.end(), real.begin(), real.end()).first == folder.end();
  });
}

}  // namespace orderscope
