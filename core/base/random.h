// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace orderscope {

/// splitmix64 (Steele, Lea, Flood, OOPSLA 2014): the same numbers on every machine and standard library, from a seed or
/// from a text that says what they are for.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  /// Seeded with FNV-1a of the text.
  explicit Random(std::string_view what_for) : state_(0xcbf29ce484222325ULL) {
    for (const char c : what_for) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound), without bias: what the bound does not divide evenly is drawn again.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t rest = (0 - bound) % bound;
    while (true) {
      const std::uint64_t value = next();
      if (value >= rest) return value % bound;
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace orderscope
