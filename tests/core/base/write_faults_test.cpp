// SPDX-License-Identifier: GPL-3.0-or-later
// Writers that are killed, or find no room, or may not write: a file is whole or what it was before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/faults.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::size_t kSize = 1 << 19;

TEST(WriteFaults, AKilledWriterLeavesAWholeFile) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "file";
  ASSERT_TRUE(write_file(path, std::string(kSize, 'a')));
  int changed = 0;
  std::string before(kSize, 'a');
  test::kill_at_random(
      100, std::chrono::milliseconds(40),
      [&](int i) { (void)write_file(path, std::string(kSize, static_cast<char>('a' + (::getpid() + i) % 26))); },
      [&] {
        const std::string now = read_text_file(path).value();
        ASSERT_EQ(now.size(), kSize);
        EXPECT_EQ(now, std::string(kSize, now[0]));
        changed += now != before;
        before = now;
      });
  // Otherwise nothing was ever written.
  EXPECT_GT(changed, 5);
}

TEST(WriteFaults, AFullDiskIsAnErrorAndKeepsTheOldFile) {
  const test::SmallDisk disk("64k");
  if (!disk.mounted()) GTEST_SKIP() << "a small disk can be mounted by root only";
  ASSERT_TRUE(write_file(disk / "file", "old"));
  const auto written = write_file(disk / "file", std::string(kSize, 'x'));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Error::Kind::FileAccess);
  EXPECT_THAT(written.error().message(), HasSubstr("No space left on device"));
  EXPECT_EQ(read_text_file(disk / "file").value(), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(disk.path()), {}), 1) << "a temporary file was left behind";
}

TEST(WriteFaults, AFolderThatCannotBeWrittenIsAnError) {
  test::SmallDisk disk("64k");
  if (!disk.mounted()) GTEST_SKIP() << "a read-only disk can be mounted by root only";
  ASSERT_TRUE(write_file(disk / "file", "old"));
  ASSERT_TRUE(disk.make_read_only());
  for (const char* name : {"file", "new", "folder/new"}) {
    const auto written = write_file(disk / name, "new");
    ASSERT_FALSE(written) << name;
    EXPECT_EQ(written.error().kind, Error::Kind::FileAccess);
    EXPECT_THAT(written.error().message(), HasSubstr("Read-only file system"));
  }
  EXPECT_EQ(read_text_file(disk / "file").value(), "old");
}

}  // namespace
}  // namespace orderscope
