// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures that are hardly any, and one that would take 1.2 GB.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/image/image.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

std::string little_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

/// A white BMP of 24 bits, rows padded to four bytes.
std::string bitmap(std::uint32_t width, std::uint32_t height, bool with_pixels) {
  const std::uint32_t row = (width * 3 + 3) / 4 * 4, size = with_pixels ? row * height : 0;
  return "BM" + little_endian(54 + size) + little_endian(0) + little_endian(54) + little_endian(40) +
         little_endian(width) + little_endian(height) + std::string("\1\0\x18\0", 4) + little_endian(0) +
         little_endian(size) + std::string(16, '\0') + std::string(size, '\xff');
}

struct OddSizes : testing::Test {
  std::filesystem::path file(const std::string& content) {
    std::ofstream(folder / "picture", std::ios::binary) << content;
    return folder / "picture";
  }
  test::TemporaryFolder folder;
};

TEST_F(OddSizes, NoBytesAreAnError) {
  const auto decoded = decode_image(file(""));
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message(), HasSubstr("the file is empty"));
}

TEST_F(OddSizes, OnePixelAndOneLongRowOrColumnBecomeInputs) {
  for (const auto& [width, height] : {std::pair{1u, 1u}, {1u, 10000u}, {10000u, 1u}}) {
    const auto decoded = decode_image(file(bitmap(width, height, true)));
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(decoded->image.width, static_cast<int>(width));
    EXPECT_EQ(decoded->image.height, static_cast<int>(height));
    const auto input = preprocess(*decoded, Preprocessing{});
    ASSERT_TRUE(input) << input.error().message();
    // White stays white, however much it is enlarged: the tolerance is none.
    EXPECT_EQ(input->pixels.width, Preprocessing{}.size);
    EXPECT_THAT(input->pixels.rgb, testing::Each(255));
  }
}

TEST_F(OddSizes, TwentyThousandSquaredIsRefusedBeforeMemoryIsTaken) {
  const auto path = file(bitmap(20000, 20000, false));
  std::filesystem::resize_file(path, 54 + std::uintmax_t{20000} * 20000 * 3);  // a hole: it takes no room on the disk
  const auto decoded = decode_image(path);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().kind, Error::Kind::OutOfMemory);
  EXPECT_THAT(decoded.error().message(), HasSubstr("claims 20000 x 20000 pixels"));
}

}  // namespace
}  // namespace orderscope
