// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/analysis/interactions.h"

namespace orderscope {

/// A text file in which interactions are kept as they are computed: a line that says what run they belong to, then a
/// line each, "key value". A last line that a crash cut off is dropped.
/// Errors: FileAccess; InvalidInput if the file belongs to another run (names the first setting that differs), Broken
/// if it is no such file.
Result<InteractionLog> open_interaction_log(const std::filesystem::path& path,
                                            const std::map<std::string, std::string>& run);

}  // namespace orderscope
