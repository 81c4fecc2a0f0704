// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace orderscope {

/// Writes the file whole or not at all: to a temporary name beside it, synced, then renamed over it.
/// Missing parent folders are made. Errors: FileAccess.
Result<void> write_file(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);
Result<void> write_file(const std::filesystem::path& path, std::string_view content);

/// The whole file as text. Errors: FileAccess, also when it is larger than `limit` bytes.
Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t limit = 64u << 20);

}  // namespace orderscope
