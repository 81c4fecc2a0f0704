// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/png.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/core/image/golden.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

class PngTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_ = fs::temp_directory_path() / ("orderscope-png-" + std::to_string(::getpid()));
};

TEST_F(PngTest, ReadsBackWhatWasWritten) {
  const auto source = decode_image(samples_dir() / "paris.jpg");
  ASSERT_TRUE(source);
  const fs::path path = folder_ / "new" / "copy.png";
  ASSERT_TRUE(write_png(path, source->image));
  const auto copy = decode_image(path);
  ASSERT_TRUE(copy) << copy.error().message();
  EXPECT_EQ(copy->image.width, source->image.width);
  EXPECT_EQ(copy->image.rgb, source->image.rgb);
}

TEST_F(PngTest, WritesGray) {
  const std::vector<std::uint8_t> gray{0, 50, 100, 150, 200, 255};
  ASSERT_TRUE(write_gray_png(folder_ / "gray.png", gray, 3, 2));
  const auto read = decode_image(folder_ / "gray.png");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->image.width, 3);
  for (std::size_t i = 0; i < gray.size(); ++i)
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(read->image.rgb[3 * i + c], gray[i]);
}

TEST_F(PngTest, CarriesText) {
  const Image dot{1, 1, {1, 2, 3}};
  ASSERT_TRUE(write_png(folder_ / "text.png", dot, {{"Software", "OrderScope"}, {"Comment", "order 2 \u00D7 3"}}));
  EXPECT_THAT(file_bytes(folder_ / "text.png"), testing::HasSubstr("order 2 \u00D7 3"));
  EXPECT_TRUE(decode_image(folder_ / "text.png"));
}

TEST_F(PngTest, RefusesWhatIsNoPicture) {
  EXPECT_EQ(write_png(folder_ / "a.png", {}).error().kind, Error::Kind::InvalidInput);
  EXPECT_EQ(write_png(folder_ / "a.png", {2, 2, {1, 2, 3}}).error().kind, Error::Kind::InvalidInput);
  EXPECT_FALSE(fs::exists(folder_ / "a.png"));
  EXPECT_EQ(write_png("/proc/orderscope.png", {1, 1, {1, 2, 3}}).error().kind, Error::Kind::FileAccess);
}

}  // namespace
}  // namespace orderscope
