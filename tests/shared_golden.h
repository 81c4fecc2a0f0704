// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "tests/golden.h"

namespace orderscope::test {

/// A file of tests/golden, else of the complete set of reference data where that lies in a folder "shared" beside the
/// sources; nothing where neither has it.
inline std::optional<std::filesystem::path> golden_or_shared(const std::string& relative) {
  const std::filesystem::path source = ORDERSCOPE_SOURCE_DIR;
  for (const auto& path :
       {golden(relative), source / "../shared/golden" / relative, source / "../../shared/golden" / relative})
    if (std::filesystem::exists(path)) return path;
  return std::nullopt;
}

}  // namespace orderscope::test
