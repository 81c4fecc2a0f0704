// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/checkpoint/checkpoint_files.h"
#include "tests/core/checkpoint/hand_made_zip.h"

namespace orderscope::test {
namespace {

using testing::HasSubstr;

Result<ZipArchive> open(const std::string& bytes) {
  ScratchFolder folder;
  return ZipArchive::open(MappedFile::open(folder.write("a.zip", bytes)).value());
}

std::string content(const ZipArchive& archive, const std::string& name) {
  const auto* member = archive.find(name);
  if (member == nullptr) return "no such member";
  const auto blob = archive.read(*member, 1 << 20);
  if (!blob) return blob.error().message();
  return {reinterpret_cast<const char*>(blob->bytes.data()), blob->bytes.size()};
}

HandMadeZip two_members() {
  HandMadeZip zip;
  zip.add("a/one", "first");
  zip.add("a/two", "");
  return zip;
}

TEST(ZipArchive, MembersAreFoundByName) {
  const auto archive = open(two_members().bytes()).value();
  EXPECT_EQ(content(archive, "a/one"), "first");
  EXPECT_EQ(content(archive, "a/two"), "");
  EXPECT_EQ(archive.find("a/three"), nullptr);
}

TEST(ZipArchive, Zip64AndCommentsAreRead) {
  auto zip = two_members();
  zip.zip64 = true;
  EXPECT_EQ(content(open(zip.bytes()).value(), "a/one"), "first");
  zip.comment = std::string(65535, 'c');
  EXPECT_EQ(content(open(zip.bytes()).value(), "a/one"), "first");
  zip.zip64 = false;
  EXPECT_EQ(content(open(zip.bytes()).value(), "a/one"), "first");
}

TEST(ZipArchive, DamageIsFoundWhenAMemberIsRead) {
  auto zip = two_members();
  auto bytes = zip.bytes();
  bytes[bytes.find("first")] = 'F';
  EXPECT_THAT(content(open(bytes).value(), "a/one"), HasSubstr("CRC-32"));
  zip.checksums = false;
  bytes = zip.bytes();
  bytes[bytes.find("first")] = 'F';
  EXPECT_EQ(content(open(bytes).value(), "a/one"), "First") << "without a checksum there is nothing to compare with";
}

TEST(ZipArchive, AMemberBeyondTheLimitIsNotRead) {
  const auto archive = open(two_members().bytes()).value();
  EXPECT_THAT(archive.read(*archive.find("a/one"), 4).error().message(), HasSubstr("claims 5 bytes"));
}

TEST(ZipArchive, ArchivesThatContradictThemselvesAreRefused) {
  const auto refusal = [](const std::string& bytes) {
    const auto archive = open(bytes);
    return archive ? "read" : archive.error().message();
  };
  auto repeated = two_members();
  repeated.add("a/one", "again");
  EXPECT_THAT(refusal(repeated.bytes()), HasSubstr("two members are named \"a/one\""));
  auto encrypted = two_members();
  encrypted.flags = 1;
  EXPECT_THAT(refusal(encrypted.bytes()), HasSubstr("encrypted"));
  auto compressed = two_members();
  compressed.method = 14;
  EXPECT_THAT(refusal(compressed.bytes()), HasSubstr("method 14"));

  auto renamed = two_members().bytes();
  renamed[renamed.rfind("a/one")] = 'b';
  EXPECT_THAT(refusal(renamed), HasSubstr("another name"));

  // The second member's directory entry, pointed at the first member's bytes.
  HandMadeZip same;
  same.add("a", "data");
  same.add("a", "data");
  auto overlapping = same.bytes();
  const auto second_entry = overlapping.rfind("PK\1\2");
  overlapping.replace(second_entry + 42, 4, std::string(4, '\0'));
  EXPECT_THAT(refusal(overlapping), testing::AnyOf(HasSubstr("overlap"), HasSubstr("two members")));
  EXPECT_THAT(refusal(two_members().bytes().substr(0, 60)), HasSubstr("cut off"));
  EXPECT_THAT(refusal(""), HasSubstr("cut off"));
}

TEST(ZipArchive, EveryTruncationIsRefused) {
  auto zip = two_members();
  for (const bool zip64 : {false, true}) {
    zip.zip64 = zip64;
    const auto bytes = zip.bytes();
    for (std::size_t length = 0; length < bytes.size(); ++length) EXPECT_FALSE(open(bytes.substr(0, length))) << length;
  }
}

}  // namespace
}  // namespace orderscope::test
