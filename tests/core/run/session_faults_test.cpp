// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <locale>

#include "core/base/csv.h"
#include "core/run/session_file.h"
#include "tests/faults.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

SessionFile session_of(std::size_t images) {
  SessionFile session;
  for (std::size_t i = 0; i < images; ++i)
    session.images.push_back(
        {"/photos/" + std::to_string(i) + ".jpg", std::string(64, 'a'), 1, nlohmann::json::object()});
  return session;
}

TEST(SessionFaults, ASessionWhoseWriterIsKilledIsWhole) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "s.orderscope";
  ASSERT_TRUE(write_session(session_of(1000), path));
  test::kill_at_random(
      50, std::chrono::milliseconds(30),
      [&](int i) { (void)write_session(session_of(i % 2 == 0 ? 2000 : 1000), path); },
      [&] {
        const auto read = read_session(path);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_TRUE(read->images.size() == 1000 || read->images.size() == 2000) << read->images.size();
      });
}

TEST(SessionFaults, AFullOrReadOnlyDiskIsAnErrorAndTheOldSessionOpens) {
  test::SmallDisk disk("64k");
  if (!disk.mounted()) GTEST_SKIP() << "a small disk can be mounted by root only";
  ASSERT_TRUE(write_session(session_of(1), disk / "s.orderscope"));
  EXPECT_THAT(write_session(session_of(1000), disk / "s.orderscope").error().message(), HasSubstr("No space left"));
  ASSERT_TRUE(disk.make_read_only());
  EXPECT_THAT(write_session(session_of(2), disk / "s.orderscope").error().message(), HasSubstr("Read-only"));
  EXPECT_EQ(read_session(disk / "s.orderscope").value().images.size(), 1u);
}

TEST(SessionFaults, PathsOfAnyKindComeBack) {
  const test::TemporaryFolder folder;
  for (const std::string name :
       {"with space", "quote'\"s", "line\nbreak", "\xc3\xa9\xe7\x8c\xab", "\xff\xfe", "%s\\n", "-rf"}) {
    const fs::path file = folder / name / (name + ".orderscope");
    SessionFile session = session_of(0);
    session.images.push_back({folder / name / "a.jpg", {}, -1, nlohmann::json::object()});
    ASSERT_TRUE(write_session(session, file)) << name;
    const auto read = read_session(file);
    ASSERT_TRUE(read) << name << read.error().message();
    EXPECT_EQ(read->images[0].path, session.images[0].path) << name;
  }
}

/// What a German desktop sets.
struct DecimalComma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(SessionFaults, NumbersHaveAPointWhateverTheLocale) {
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new DecimalComma));
  SessionFile session = session_of(0);
  session.pages["orders"] = {{"opacity", 0.75}, {"count", 1234567}};
  session.figure.width_mm = 178.5;
  const std::string text = session_text(session, "/s.orderscope");
  const auto read = parse_session(text, "/s.orderscope");
  CsvWriter csv;
  csv.add(1234567.5).add(std::int64_t{1234567}).end_row();
  std::locale::global(before);
  EXPECT_THAT(text, HasSubstr("0.75"));
  EXPECT_THAT(text, HasSubstr("1234567"));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->figure.width_mm, 178.5);
  EXPECT_EQ(csv.text(), "1234567.5,1234567\n");
}

}  // namespace
}  // namespace orderscope
