// SPDX-License-Identifier: GPL-3.0-or-later
// What the programs wrote, read by tests that end with an exception where it is not there.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/checkpoint/npy.h"

namespace orderscope::test {

inline at::Tensor read_array(const std::filesystem::path& path) {
  auto array = read_npy(path);
  if (!array) throw std::runtime_error(array.error().message());
  return *array;
}

inline nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return nlohmann::json::parse(stream);
}

}  // namespace orderscope::test
