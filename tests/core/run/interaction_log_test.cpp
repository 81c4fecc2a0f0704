// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/interaction_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/files.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

const std::map<std::string, std::string> kRun{{"model", "abc"}, {"grid", "14"}};

TEST(InteractionLog, KeepsEveryDigit) {
  const test::TemporaryFolder folder;
  const auto path = folder / "deep/interactions.log";
  const double value = 0.1 + 1e-17 / 3;
  {
    auto log = open_interaction_log(path, kRun);
    ASSERT_TRUE(log) << log.error().message();
    EXPECT_TRUE(log->known.empty());
    ASSERT_TRUE(log->add("image/1,2/3", value));
    ASSERT_TRUE(log->add("image/1,2/4", -1e-300));
  }
  const auto again = open_interaction_log(path, kRun);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->known.at("image/1,2/3"), value);
  EXPECT_EQ(again->known.at("image/1,2/4"), -1e-300);
}

TEST(InteractionLog, DropsALineThatWasCutOff) {
  const test::TemporaryFolder folder;
  const auto path = folder / "interactions.log";
  ASSERT_TRUE(open_interaction_log(path, kRun)->add("whole", 1.5));
  std::ofstream(path, std::ios::app) << "cut 0.12";
  {
    auto log = open_interaction_log(path, kRun);
    ASSERT_TRUE(log);
    EXPECT_EQ(log->known.size(), 1U);
    ASSERT_TRUE(log->add("next", 2.5));
  }
  EXPECT_EQ(open_interaction_log(path, kRun)->known, (std::map<std::string, double>{{"whole", 1.5}, {"next", 2.5}}));
}

TEST(InteractionLog, AnotherRunsFileIsAnErrorThatNamesTheSetting) {
  const test::TemporaryFolder folder;
  const auto path = folder / "interactions.log";
  ASSERT_TRUE(open_interaction_log(path, kRun));
  const auto other = open_interaction_log(path, {{"model", "abc"}, {"grid", "8"}});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message(), HasSubstr("another grid"));
}

TEST(InteractionLog, OtherFilesAreLeftAlone) {
  const test::TemporaryFolder folder;
  for (const std::string text : {"", "hello", "hello\nworld\n", "{}\n", "{\"format\": 3}\n", "[]\n"}) {
    const auto path = folder / "interactions.log";
    ASSERT_TRUE(write_file(path, std::string_view(text)));
    EXPECT_FALSE(open_interaction_log(path, kRun)) << text;
    EXPECT_EQ(*read_text_file(path), text);
  }
}

}  // namespace
}  // namespace orderscope
