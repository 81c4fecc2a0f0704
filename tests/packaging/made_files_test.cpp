// SPDX-License-Identifier: GPL-3.0-or-later
// Man pages and completions know every command and option of the programs, and are what their readers take.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

const std::string kBin = std::string(ORDERSCOPE_BINARY_DIR) + "/bin";

struct Ran {
  int exit_code = -1;
  std::string output;  ///< standard output and error
};

Ran run(const std::string& command) {
  Ran ran;
  std::array<char, 4096> buffer;
  FILE* const pipe = popen(("env -u ORDERSCOPE_PLUGINS sh -c \"" + command + "\" 2>&1 </dev/null").c_str(), "r");
  while (pipe && fgets(buffer.data(), buffer.size(), pipe)) ran.output += buffer.data();
  const int status = pipe ? pclose(pipe) : -1;
  if (WIFEXITED(status)) ran.exit_code = WEXITSTATUS(status);
  return ran;
}

class MadeFiles : public testing::Test {
 protected:
  void SetUp() override {
    const Ran described = run(kBin + "/orderscope-cli --describe");
    ASSERT_EQ(described.exit_code, 0) << described.output;
    tree_ = nlohmann::json::parse(described.output);
    for (const char* script : {"man_pages.py", "completions.py"}) {
      const Ran made = run("python3 -B '" ORDERSCOPE_SOURCE_DIR "/packaging/" + std::string(script) + "' '" + kBin +
                           "' '" + folder_.string() + "'");
      ASSERT_EQ(made.exit_code, 0) << made.output;
    }
  }

  std::string text(const std::string& name) {
    std::ostringstream content;
    content << std::ifstream(folder_ / name).rdbuf();
    return content.str();
  }

  nlohmann::json tree_;
  test::TemporaryFolder folder_;
};

TEST_F(MadeFiles, EveryCommandHasAPageWithAllItsOptions) {
  ASSERT_GT(tree_["commands"].size(), 20u);
  for (const auto& command : tree_["commands"]) {
    const std::string name = "orderscope-cli-" + command["name"].get<std::string>() + ".1.gz";
    const Ran page = run("gzip -dc '" + (folder_ / name).string() + "'");
    ASSERT_EQ(page.exit_code, 0) << name;
    EXPECT_EQ(page.output.rfind(".TH ", 0), 0u) << name;
    for (const auto& option : command["options"])
      for (std::string word : option["names"]) {
        // As roff has it: a plain '-' would be a hyphen.
        for (std::size_t at = 0; (at = word.find('-', at)) != std::string::npos; at += 2) word.insert(at, "\\");
        EXPECT_NE(page.output.find("\\fB" + word + "\\fR"), std::string::npos) << name << " lacks " << word;
      }
  }
  EXPECT_TRUE(fs::exists(folder_ / "orderscope-cli.1.gz"));
}

TEST_F(MadeFiles, BashCompletesCommandsOptionsAndChoices) {
  std::ofstream(folder_ / "ask.sh") << "source '" << (folder_ / "bash/orderscope-cli").string() << "'\n"
                                    << "COMP_WORDS=(orderscope-cli \"$@\"); COMP_CWORD=$#; cd \"$(mktemp -d)\"\n"
                                    << "_orderscope_cli; echo \"${COMPREPLY[*]}\"\n";
  const auto ask = [&](const std::string& words) {
    return run("bash '" + (folder_ / "ask.sh").string() + "' " + words).output;
  };
  EXPECT_EQ(ask("batc"), "batch\n");
  EXPECT_EQ(ask("batch res"), "resume\n");
  EXPECT_EQ(ask("cam MODEL --method hires"), "hirescam\n");
  EXPECT_EQ(ask("cam MODEL --mean-over"), "--mean-over-layers\n");
  EXPECT_EQ(ask("orders MODEL --mean-over"), "\n");
}

TEST_F(MadeFiles, ZshAndFishFilesNameEveryCommand) {
  const std::string zsh = text("zsh/_orderscope-cli"), fish = text("fish/orderscope-cli.fish");
  EXPECT_EQ(zsh.rfind("#compdef orderscope-cli\n", 0), 0u);
  for (const auto& command : tree_["commands"]) {
    const std::string name = command["name"];
    EXPECT_NE(zsh.find("'" + name + ":"), std::string::npos) << name;
    EXPECT_NE(fish.find("-f -a " + name + " -d "), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace orderscope
