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

bool ScopeOfFiles::contains(const fs::path& file) {
  if (scope_.is_anywhere()) return true;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const auto [known, unknown] = folders_.try_emplace(folder.string());
  if (unknown) known->second = scope_.contains(folder);
  std::error_code error;
  const bool climbs = file.filename() == "..", link = fs::is_symlink(file, error);
  return known->second && ((!climbs && !link) || scope_.contains(file));
}

Error outside_of(const std::string& named_by, const fs::path& path) {
  return {Error::Kind::InvalidInput, "lies outside the folder of the " + named_by, path.string(),
          "put it below that folder, or say --allow-outside if you know where the " + named_by +
              (named_by.ends_with('s') ? " come from" : " comes from")};
}

}  // namespace orderscope
