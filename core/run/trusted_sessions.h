// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

#include "core/base/path_scope.h"
#include "core/base/result.h"

namespace orderscope {

/// The sessions and batch runs that may name files outside their folder: those that this user saved or began here, or
/// opened and said yes to. The list is a file of SHA-256 sums over a session's place and bytes, so that one that was
/// moved, or changed by another program, is a stranger's again. Of a run, which grows, they are over its place and its
/// settings. It holds no names.
class TrustedSessions {
 public:
  /// `list` need not exist. Empty: nothing is trusted and nothing is remembered.
  explicit TrustedSessions(std::filesystem::path list = {});
  /// orderscope/trusted-sessions in the user's data folder.
  static TrustedSessions of_user();

  bool contains(const std::filesystem::path& session) const;
  /// The oldest is forgotten where there are 2,000. Errors: FileAccess.
  Result<void> add(const std::filesystem::path& session) const;

  /// `run`: the folder of the whole run, which need not exist yet; `settings` as the run keeps them.
  bool contains_run(const std::filesystem::path& run, const std::string& settings) const;
  Result<void> add_run(const std::filesystem::path& run, const std::string& settings) const;

 private:
  bool has(const Result<std::string>& mark) const;
  Result<void> append(const std::string& mark) const;

  std::filesystem::path list_;
};

/// Where the files may lie that a session names: anywhere if it is trusted, else in its own folder and in `named`
/// folders, and below.
PathScope scope_of_session(const std::filesystem::path& session, const TrustedSessions& trusted,
                           std::vector<std::filesystem::path> named = {});

/// The same for a batch run that is gone on with, reported or looked at.
PathScope scope_of_run(const std::filesystem::path& run, const std::string& settings, const TrustedSessions& trusted);

}  // namespace orderscope
