// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/e2e/run_program.h"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/temporary_folder.h"

namespace orderscope::test {

namespace {

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

ProgramResult run_program(const std::string& name, const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  std::string command = quoted(std::string(ORDERSCOPE_BINARY_DIR) + "/bin/" + name);
  for (const std::string& argument : arguments) command += " " + quoted(argument);
  command += " >" + quoted((folder / "out").string()) + " 2>" + quoted((folder / "err").string()) + " </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content(folder / "out"),
          content(folder / "err")};
}

}  // namespace orderscope::test
