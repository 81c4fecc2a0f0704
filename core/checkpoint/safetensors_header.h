// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

/// What a safetensors header says of one tensor. Offsets count from the end of the header; nothing has been checked.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the order of the header
  std::map<std::string, std::string> metadata;
};

/// Reads the JSON of a header, without recursion. Errors: Broken for anything but what the format allows, repeated keys
/// included.
Result<SafetensorsHeader> parse_safetensors_header(std::span<const std::byte> json);

}  // namespace orderscope
