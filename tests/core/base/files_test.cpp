// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "core/base/mapped_file.h"
#include "core/base/sha256.h"
#include "core/base/streamed_file.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("orderscope-files-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(Files, WhatIsWrittenIsRead) {
  const std::string content("line\n\0binary", 12);
  ASSERT_TRUE(write_file(folder_ / "a.bin", content));
  EXPECT_EQ(read_text_file(folder_ / "a.bin").value(), content);
}

TEST_F(Files, PartsAreJoinedAndMissingFoldersMade) {
  const std::string first = "one,", second = "two";
  const std::array parts = {std::as_bytes(std::span(first)), std::as_bytes(std::span(second))};
  ASSERT_TRUE(write_file(folder_ / "new" / "folder" / "b", parts));
  EXPECT_EQ(read_text_file(folder_ / "new" / "folder" / "b").value(), "one,two");
}

TEST_F(Files, AnEmptyFileIsEmptyText) {
  ASSERT_TRUE(write_file(folder_ / "empty", ""));
  EXPECT_EQ(read_text_file(folder_ / "empty").value(), "");
}

TEST_F(Files, AFailedWriteLeavesTheOldFileAndNoOther) {
  // A folder that is not empty cannot be replaced by a file, not even by root.
  fs::create_directories(folder_ / "taken" / "inner");
  const auto written = write_file(folder_ / "taken", "new");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Error::Kind::FileAccess);
  EXPECT_THAT(written.error().message(), HasSubstr("taken"));
  EXPECT_TRUE(fs::is_directory(folder_ / "taken"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "a temporary file was left behind";
}

TEST_F(Files, APartThatThrowsLeavesNothingBehind) {
  const std::string part = "part";
  int asked = 0;
  EXPECT_THROW(std::ignore = write_in_parts(folder_ / "masks",
                                            [&]() -> std::span<const std::byte> {
                                              if (asked++ > 0) throw std::runtime_error("somebody asked to stop");
                                              return std::as_bytes(std::span(part));
                                            }),
               std::runtime_error);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Files, OverwritingReplacesTheWholeContent) {
  ASSERT_TRUE(write_file(folder_ / "c", "a long first content"));
  ASSERT_TRUE(write_file(folder_ / "c", "short"));
  EXPECT_EQ(read_text_file(folder_ / "c").value(), "short");
}

TEST_F(Files, MissingAndTooLargeFilesAreRefused) {
  EXPECT_EQ(read_text_file(folder_ / "none").error().kind, Error::Kind::FileAccess);
  ASSERT_TRUE(write_file(folder_ / "d", "12345"));
  EXPECT_THAT(read_text_file(folder_ / "d", 4).error().message(), HasSubstr("too large"));
}

TEST_F(Files, AMappedFileShowsItsBytesAfterTheFileIsGone) {
  ASSERT_TRUE(write_file(folder_ / "e", "mapped"));
  const auto file = MappedFile::open(folder_ / "e").value();
  fs::remove(folder_ / "e");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()), "mapped");
}

TEST_F(Files, EmptyMissingAndSpecialFilesAreMappedOrRefused) {
  ASSERT_TRUE(write_file(folder_ / "empty", ""));
  EXPECT_TRUE(MappedFile::open(folder_ / "empty").value()->bytes().empty());
  EXPECT_EQ(MappedFile::open(folder_ / "none").error().kind, Error::Kind::FileAccess);
  EXPECT_THAT(MappedFile::open(folder_).error().message(), HasSubstr("not a regular file"));
  EXPECT_FALSE(MappedFile::open("/dev/zero"));
}

TEST(Sha256, AgreesWithTheStandardsExamples) {
  // FIPS 180-4 examples: the empty message and "abc".
  EXPECT_EQ(sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string abc = "abc";
  EXPECT_EQ(sha256(std::as_bytes(std::span(abc))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace orderscope
