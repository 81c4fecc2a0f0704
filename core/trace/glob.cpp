// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/glob.h"

#include <algorithm>
#include <cstddef>

namespace orderscope {

namespace {

bool match_one(std::string_view pattern, std::string_view text) {
  // Greedy matching that goes back to the last star only: linear for real patterns, never exponential.
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
      ++p, ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool glob_match(std::string_view patterns, std::string_view text) {
  while (true) {
    const std::size_t comma = patterns.find(',');
    if (match_one(patterns.substr(0, comma), text)) return true;
    if (comma == std::string_view::npos) return false;
    patterns.remove_prefix(comma + 1);
  }
}

std::vector<std::string> split_patterns(std::string_view patterns) {
  std::vector<std::string> parts;
  for (std::size_t first = 0; first <= patterns.size();) {
    const std::size_t comma = std::min(patterns.find(',', first), patterns.size());
    if (comma > first) parts.emplace_back(patterns.substr(first, comma - first));
    first = comma + 1;
  }
  if (parts.empty()) parts.emplace_back();
  return parts;
}

}  // namespace orderscope
