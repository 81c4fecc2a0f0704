// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plugins/plugin_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(PluginFile, TheNamesAreThoseThatEndAsAPlugins) {
  const test::TemporaryFolder folder;
  for (const char* name : {"b.so", "a.so", "c.txt", "so", "d.so.1"}) std::ofstream(folder / name) << "x";
  const auto files = plugin_files(folder.path());
  ASSERT_TRUE(files.has_value());
  EXPECT_THAT(*files, testing::ElementsAre(folder / "a.so", folder / "b.so"));
  EXPECT_FALSE(plugin_files(folder / "missing").has_value());
}

TEST(PluginFile, AnOrdinaryFolderAndLibraryPass) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(check_plugin_folder(folder.path()).has_value());
  fs::copy_file(fs::path(ORDERSCOPE_BINARY_DIR) / "plugins/channel_diversity.so", folder / "a.so");
  chmod((folder / "a.so").c_str(), 0644);
  EXPECT_TRUE(check_plugin_file(folder / "a.so").has_value());
}

TEST(PluginFile, AnyLengthOfALibraryIsJudgedWithoutBeingLoaded) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "a.so";
  fs::copy_file(fs::path(ORDERSCOPE_BINARY_DIR) / "plugins/channel_diversity.so", file);
  chmod(file.c_str(), 0644);
  for (std::uintmax_t size = fs::file_size(file) - 1; size > 0; size /= 3) {
    fs::resize_file(file, size);
    EXPECT_FALSE(check_plugin_file(file).has_value()) << size;
  }
}

TEST(PluginFile, AProgramIsNoPlugin) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "script.so") << "#!/bin/sh\nexit 1\n";
  const auto checked = check_plugin_file(folder / "script.so");
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().kind, Error::Kind::NotThisFormat);
  EXPECT_THAT(checked.error().message(), HasSubstr("script.so: not a library"));
}

}  // namespace
}  // namespace orderscope
