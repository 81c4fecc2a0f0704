// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <random>

namespace orderscope {

/// Each use of randomness has a stream of its own, keyed by what it is for and not by what was drawn before: workers
/// may finish in any order, and a resumed training draws what the uninterrupted one would have drawn.
enum class RandomUse : std::uint32_t { Weights, Order, Sample, Mix, Step };

inline std::mt19937_64 random_stream(std::uint64_t seed, RandomUse use, std::uint64_t first, std::uint64_t second = 0) {
  const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  const auto high = [](std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); };
  std::seed_seq key{low(seed),   high(seed),  static_cast<std::uint32_t>(use), low(first), high(first),
                    low(second), high(second)};
  return std::mt19937_64(key);
}

}  // namespace orderscope
