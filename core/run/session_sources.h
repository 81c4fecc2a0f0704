// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/base/path_scope.h"
#include "core/run/session_file.h"

namespace orderscope {

enum class SourceState {
  Found,    ///< where it was, with the bytes it had
  Moved,    ///< found elsewhere by its name and hash
  Changed,  ///< a file of that name is there, but it holds something else now
  Missing,
  Outside,  ///< where this session may not look; nobody looked whether it is there
};

/// What became of a file that a session names.
struct SourceCheck {
  enum class Kind { Model, Image, Place };
  Kind kind = Kind::Model;
  std::size_t index = 0;  ///< in the session's list; of a place in kPagePlaces
  SourceState state = SourceState::Found;
  std::filesystem::path path;  ///< where the session has it

  bool usable() const { return state == SourceState::Found || state == SourceState::Moved; }
};

/// SHA-256 of a file. Errors: FileAccess, also for what is no regular file.
Result<std::string> file_sha256(const std::filesystem::path& path);

/// Completes hashes and sizes that are not known. A file that cannot be read stays without: it will be reported where
/// it is used. Errors: Cancelled.
Result<void> complete_hashes(SessionFile& session, const JobContext& job = {});

/// Looks whether every file is still what it was. Those that are not are searched for, by size and SHA-256, in
/// `folders` and everything below them; what is found there becomes the session's path. Files without a hash are
/// searched for by name. Nothing is looked at outside `scope`. Errors: Cancelled.
Result<std::vector<SourceCheck>> find_sources(SessionFile& session, const std::vector<std::filesystem::path>& folders,
                                              const PathScope& scope, const JobContext& job = {});

/// Whether one of them lies outside the scope.
bool any_outside(const std::vector<SourceCheck>& checks);

/// Everything that is not usable in one error, each by name and the start of its hash; none if all is well.
/// `advice` says what to do about it.
std::optional<Error> missing_sources(const SessionFile& session, const std::vector<SourceCheck>& checks,
                                     const std::string& advice);

/// Takes out what is not usable, and the figure's panels of it; what was chosen of it is chosen no more.
void drop_unusable(SessionFile& session, const std::vector<SourceCheck>& checks);

}  // namespace orderscope
