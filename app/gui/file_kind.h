// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

namespace orderscope {

enum class FileKind { Image, Model, Folder, Unknown, Missing };

/// Told by the first bytes of the file, by its name only where they say nothing.
FileKind classify_file(const std::filesystem::path& path);

/// The pictures directly in a folder, sorted by name, at most `limit`.
std::vector<std::filesystem::path> images_in(const std::filesystem::path& folder, std::size_t limit = 500);

}  // namespace orderscope
