// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/glob.h"

#include <cstddef>

namespace orderscope {

bool glob_match(std::string_view pattern, std::string_view text) {
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

}  // namespace orderscope
