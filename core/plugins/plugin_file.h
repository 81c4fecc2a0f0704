// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

inline constexpr const char* kPluginEnding = ".so";

/// Whether code may be loaded from this folder, which must be canonical. Errors: FileAccess if it is none, belongs to
/// another user than this one or root, or can be changed by others; also if anybody could put another in its place.
Result<void> check_plugin_folder(const std::filesystem::path& folder);

/// The names in a folder that end as a plugin's, sorted. Errors: FileAccess.
Result<std::vector<std::filesystem::path>> plugin_files(const std::filesystem::path& folder);

/// Whether a file may be loaded. Errors: FileAccess if it is no regular file (symbolic links are not followed) or not
/// the user's or root's alone to change; NotThisFormat or Broken if it is no shared library for this machine, or one
/// that was cut short: the loader of the system would crash on it.
Result<void> check_plugin_file(const std::filesystem::path& file);

}  // namespace orderscope
