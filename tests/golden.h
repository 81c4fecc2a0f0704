// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace orderscope::test {

/// A file of tests/golden: reference data computed by the official code, see tests/golden/README.md.
inline std::filesystem::path golden(const std::string& relative) {
  return std::filesystem::path(ORDERSCOPE_GOLDEN_DIR) / relative;
}

inline nlohmann::json golden_json(const std::string& relative) {
  std::ifstream stream(golden(relative));
  return nlohmann::json::parse(stream);
}

}  // namespace orderscope::test
