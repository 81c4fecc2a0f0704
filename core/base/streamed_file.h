// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>

#include "core/base/result.h"

namespace orderscope {

/// As write_file (core/base/files.h), for what is too large to hold: `next` gives a part at each call, an empty one at
/// the end. A part must stay valid until the next call. Errors: FileAccess.
Result<void> write_in_parts(const std::filesystem::path& path, const std::function<std::span<const std::byte>()>& next);

}  // namespace orderscope
