// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/mapped_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/files.h"
#include "core/base/mapped_file.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::size_t kSize = 1 << 20;

struct MappedPagesTest : testing::Test {
  MappedPagesTest() { EXPECT_TRUE(write_file(path, std::string(kSize, 'x'))); }

  test::TemporaryFolder folder;
  fs::path path = folder / "file";
};

std::size_t count(std::span<const std::byte> bytes, char c) {
  return static_cast<std::size_t>(std::ranges::count(bytes, static_cast<std::byte>(c)));
}

TEST_F(MappedPagesTest, AFileLeftAloneIsWell) {
  const auto file = MappedFile::open(path).value();
  EXPECT_EQ(count(file->bytes(), 'x'), kSize);
  EXPECT_TRUE(check_mapped(file->bytes().data()));
  EXPECT_TRUE(check_mapped(file->bytes().data() + kSize - 1));
  EXPECT_TRUE(check_mapped(&path)) << "memory of no file";
}

TEST_F(MappedPagesTest, AShortenedFileReadsAsZerosAndIsAnError) {
  const auto file = MappedFile::open(path).value();
  constexpr std::size_t left = 10000;  // not at a page's end: the rest of that page is zeros, too
  fs::resize_file(path, left);
  EXPECT_EQ(count(file->bytes(), 'x'), left);
  EXPECT_EQ(count(file->bytes(), '\0'), kSize - left);
  const auto checked = check_mapped(file->bytes().data() + kSize / 2);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, Error::Kind::FileAccess);
  EXPECT_THAT(checked.error().message(), HasSubstr(path.string() + ": was shortened"));
  // The others are not concerned, nor the same file opened again.
  const auto again = MappedFile::open(path).value();
  EXPECT_TRUE(check_mapped(again->bytes().data()));
}

TEST_F(MappedPagesTest, ManyThreadsMayMeetTheMissingPages) {
  const auto file = MappedFile::open(path).value();
  fs::resize_file(path, 0);
  std::vector<std::size_t> zeros(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t& result : zeros) threads.emplace_back([&] { result = count(file->bytes(), '\0'); });
  }
  for (const std::size_t found : zeros) EXPECT_EQ(found, kSize);
}

TEST_F(MappedPagesTest, AFileThatIsWrittenOverInPlaceIsAnError) {
  const auto file = MappedFile::open(path).value();
  std::ofstream(path, std::ios::binary | std::ios::in) << "other";
  const auto checked = check_mapped(file->bytes().data());
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message(), HasSubstr("was changed while it was open (open it again)"));
}

TEST_F(MappedPagesTest, AFileThatIsReplacedOrRemovedStaysWhatItWas) {
  const auto file = MappedFile::open(path).value();
  ASSERT_TRUE(write_file(path, "a new file of that name"));
  fs::remove(path);
  EXPECT_EQ(count(file->bytes(), 'x'), kSize);
  EXPECT_TRUE(check_mapped(file->bytes().data()));
}

TEST_F(MappedPagesTest, AFileThatIsClosedIsForgotten) {
  const std::byte* begin = nullptr;
  {
    const auto file = MappedFile::open(path).value();
    begin = file->bytes().data();
    fs::resize_file(path, 0);
    EXPECT_FALSE(check_mapped(begin));
  }
  EXPECT_TRUE(check_mapped(begin));
}

}  // namespace
}  // namespace orderscope
