// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace orderscope {

/// A name from a file, fit for a one-line message: in quotes, control characters replaced, cut after 100 bytes.
inline std::string quote(std::string_view name) {
  constexpr std::size_t longest = 100;
  std::string text = "\"";
  for (const char c : name.substr(0, longest)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  // Not in the middle of a UTF-8 sequence.
  if (name.size() > longest) {
    while (text.size() > 1 && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
    if (static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();
    text += "...";
  }
  return text + "\"";
}

}  // namespace orderscope
