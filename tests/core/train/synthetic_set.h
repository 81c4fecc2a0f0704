// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>

#include "core/image/png.h"
#include "tests/temporary_folder.h"

namespace orderscope::test {

/// Three classes: horizontal stripes, vertical stripes, plain; noisy, with stripes of random phase.
inline void write_striped_set(const std::filesystem::path& root, int images_per_class, int size, unsigned seed) {
  const char* names[] = {"00_Horizontal", "01_Vertical", "02_Plain"};
  std::mt19937 random(seed);
  for (int c = 0; c < 3; ++c) {
    std::filesystem::create_directories(root / names[c]);
    for (int i = 0; i < images_per_class; ++i) {
      Image image{size, size, std::vector<std::uint8_t>(static_cast<std::size_t>(size) * size * 3)};
      const unsigned phase = random() % 8;
      for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) {
          const unsigned at = phase + static_cast<unsigned>(c == 0 ? y : x);
          const unsigned level = c == 2 ? 100 : at / 4 % 2 * 160;
          for (int k = 0; k < 3; ++k) image.row(y)[3 * x + k] = static_cast<std::uint8_t>(level + random() % 60);
        }
      }
      ASSERT_TRUE(write_png(root / names[c] / (std::to_string(i) + ".png"), image));
    }
  }
}

}  // namespace orderscope::test
