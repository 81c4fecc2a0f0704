// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/image/image.h"

namespace orderscope {

/// Text that goes into the PNG as iTXt chunks (keyword, UTF-8 value): where a figure comes from. Keywords: 1 to 79
/// Latin-1 characters.
using PngText = std::map<std::string, std::string>;

/// Writes 8-bit RGB, lossless, whole or not at all. Errors: InvalidInput (empty, sizes that do not fit), FileAccess.
Result<void> write_png(const std::filesystem::path& path, const Image& image, const PngText& text = {});

/// The same as bytes in memory. Errors: InvalidInput.
Result<std::string> encode_png(const Image& image, const PngText& text = {});

/// A file of 8-bit gray, width * height bytes, row-major.
Result<void> write_gray_png(const std::filesystem::path& path, std::span<const std::uint8_t> gray, int width,
                            int height, const PngText& text = {});

}  // namespace orderscope
