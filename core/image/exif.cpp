// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <string_view>

#include "core/image/codec.h"

namespace orderscope {

// EXIF data is a small TIFF file: byte order, offset of the first directory, entries of 12 bytes.
int exif_orientation(ImageBytes exif) {
  constexpr std::string_view prefix("Exif\0\0", 6);
  if (exif.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), exif.begin()))
    exif = exif.subspan(prefix.size());
  if (exif.size() < 8) return 1;
  const bool little = exif[0] == 'I' && exif[1] == 'I';
  if (!little && !(exif[0] == 'M' && exif[1] == 'M')) return 1;

  const auto number = [&](std::size_t at, int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= std::uint32_t{exif[at + i]} << (8 * (little ? i : bytes - 1 - i));
    return value;
  };
  const std::size_t directory = number(4, 4);
  if (directory > exif.size() - 2) return 1;
  const std::size_t stored = (exif.size() - directory - 2) / 12;
  const std::size_t count = std::min<std::size_t>(number(directory, 2), stored);
  constexpr std::uint32_t orientation_tag = 0x0112, type_short = 3;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (number(entry, 2) != orientation_tag) continue;
    const std::uint32_t value = number(entry + 8, 2);
    return number(entry + 2, 2) == type_short && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace orderscope
