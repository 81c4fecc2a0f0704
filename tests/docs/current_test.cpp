// SPDX-License-Identifier: GPL-3.0-or-later
// What is made from the programs and the source tree says what these say now.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

namespace orderscope {
namespace {

const std::string kSource = ORDERSCOPE_SOURCE_DIR;

/// Runs a Python script of the tree; its output where it fails, else nothing.
std::string problem(const std::string& script, const std::string& arguments) {
  const std::string command = "python3 -B '" + kSource + "/" + script + "' " + arguments + " 2>&1 </dev/null";
  std::string output;
  std::array<char, 4096> buffer;
  FILE* const pipe = popen(command.c_str(), "r");
  while (pipe && fgets(buffer.data(), buffer.size(), pipe)) output += buffer.data();
  const int status = pipe ? pclose(pipe) : -1;
  return status == 0 ? "" : output + "\nexit status " + std::to_string(WEXITSTATUS(status));
}

TEST(Documentation, ReferenceIsWhatTheProgramsSay) {
  const std::string bin = std::string(ORDERSCOPE_BINARY_DIR) + "/bin";
  if (!std::filesystem::exists(bin + "/orderscope")) GTEST_SKIP() << "a build without the window has fewer options";
  EXPECT_EQ(problem("docs/site/reference.py", "'" + bin + "' --check"), "");
}

TEST(Documentation, MapOfTheHouseIsTheSourceTree) { EXPECT_EQ(problem("docs/site/house.py", "--check"), ""); }

}  // namespace
}  // namespace orderscope
