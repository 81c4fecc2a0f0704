// SPDX-License-Identifier: GPL-3.0-or-later
// Every command that the documentation shows is run, page by page, in a folder where the names that it uses exist
// (names.txt). Blocks of a page run in their order and find what those before them wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/docs/page.h"
#include "tests/temporary_folder.h"

namespace orderscope::test {
namespace {

namespace fs = std::filesystem;

// A block that a comment before it names "file: PATH" is (a part of) that file, for the commands after it.
constexpr const char* kFile = "file: ";
constexpr const char* kShownOnly = "shown only: ";

std::string place(const std::string& page, const FencedBlock& block) {
  return page + ".md, line " + std::to_string(block.line);
}

TEST(DocumentationBlocks, HaveALanguageAndAReasonWhereTheyAreNotRun) {
  int shown_only = 0;
  for (const std::string& page : page_names()) {
    for (const FencedBlock& block : fenced_blocks(page_text(page))) {
      static const std::set<std::string> known{"sh", "console", "text", "json", "cpp", "cmake"};
      EXPECT_TRUE(known.contains(block.language)) << place(page, block) << ": sh is run, console is shown only";
      const bool commands =
          block.text.find("orderscope-cli ") != std::string::npos || block.text.starts_with("./scripts");
      if (commands) {
        EXPECT_THAT(block.language, testing::AnyOf("sh", "console")) << place(page, block);
      }
      if (block.language != "console") continue;
      ++shown_only;
      EXPECT_GT(block.remark.size(), std::string(kShownOnly).size() + 5) << place(page, block);
      EXPECT_TRUE(block.remark.starts_with(kShownOnly)) << place(page, block) << ": say why in a comment before it";
    }
  }
  // Builds, trainings and downloads; whoever adds one has to mean it.
  EXPECT_LE(shown_only, 12);
}

TEST(DocumentationBlocks, JsonIsJson) {
  for (const std::string& page : page_names())
    for (const FencedBlock& block : fenced_blocks(page_text(page)))
      if (block.language == "json") {
        EXPECT_TRUE(nlohmann::json::accept(block.text)) << place(page, block);
      }
}

std::vector<std::string> pages_with_commands() {
  std::vector<std::string> pages;
  for (const std::string& page : page_names())
    for (const FencedBlock& block : fenced_blocks(page_text(page)))
      if (block.language == "sh" && (pages.empty() || pages.back() != page)) pages.push_back(page);
  return pages;
}

class SlowCommands : public testing::TestWithParam<std::string> {
 protected:
  void lay_out(const PageNames& names) {
    for (const PageNames::File& file : names.files) {
      fs::create_directories((folder_ / file.name).parent_path());
      if (file.is_text)
        std::ofstream(folder_ / file.name) << file.source;
      else if (fs::is_directory(file.source))
        fs::create_symlink(file.source, folder_ / file.name);
      else  // sessions and settings of batch runs may not name what a link leads to elsewhere
        fs::copy_file(file.source, folder_ / file.name);
    }
  }

  /// Runs a block as somebody types it, but stopping at the first command that fails. Gives the exit code.
  int run(const std::string& commands) {
    std::ofstream(folder_ / "commands.sh") << "set -eo pipefail\ncd " << folder_.string() << "\n" << commands;
    const std::string bin = std::string(ORDERSCOPE_BINARY_DIR) + "/bin";
    const std::string line = "env -u ORDERSCOPE_PLUGINS HOME='" + folder_.string() + "' XDG_CONFIG_HOME='" +
                             (folder_ / "config").string() + "' ORDERSCOPE_WEIGHTS='" + (folder_ / "weights").string() +
                             "' PATH='" + bin + "':\"$PATH\" CMAKE_GENERATOR=Ninja bash '" +
                             (folder_ / "commands.sh").string() + "' >'" + (folder_ / "output.log").string() +
                             "' 2>&1 </dev/null";
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string output() {
    std::ostringstream text;
    text << std::ifstream(folder_ / "output.log").rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
};

TEST_P(SlowCommands, Run) {
  if (!fs::exists(std::string(ORDERSCOPE_BINARY_DIR) + "/bin/orderscope"))
    GTEST_SKIP() << "a build without the window draws no figures and installs less";
  const PageNames names = names_of(GetParam());
  lay_out(names);
  for (const FencedBlock& block : fenced_blocks(page_text(GetParam()))) {
    if (block.remark.starts_with(kFile)) {
      const fs::path file = folder_ / block.remark.substr(std::string(kFile).size());
      fs::create_directories(file.parent_path());
      std::ofstream(file, std::ios::app) << block.text << "\n";
    }
    if (block.language != "sh") continue;
    std::string commands = block.text;
    for (const auto& [text, instead] : names.instead)
      for (std::size_t at = 0; (at = commands.find(text, at)) != std::string::npos; at += instead.size())
        commands.replace(at, text.size(), instead);
    EXPECT_EQ(run(commands), 0) << place(GetParam(), block) << "\n" << commands << "\n" << output();
  }
}

INSTANTIATE_TEST_SUITE_P(, SlowCommands, testing::ValuesIn(pages_with_commands()), [](const auto& page) {
  std::string name;
  for (const char c : page.param) name += c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace orderscope::test
