// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/e2e/run_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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

namespace {
int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }
}  // namespace

RunningProgram::RunningProgram(const std::string& name, const std::vector<std::string>& arguments,
                               const std::string& log) {
  std::vector<std::string> words{std::string(ORDERSCOPE_BINARY_DIR) + "/bin/" + name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  process_ = fork();
  if (process_ != 0) return;
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  execv(pointers[0], pointers.data());
  _exit(127);
}

RunningProgram::~RunningProgram() {
  if (!running()) return;
  kill(process_, SIGKILL);
  wait();
}

bool RunningProgram::running() {
  if (process_ <= 0) return false;
  int status = 0;
  if (waitpid(process_, &status, WNOHANG) != process_) return true;
  exit_code_ = code_of(status);
  process_ = -1;
  return false;
}

void RunningProgram::signal(int number) {
  if (running()) kill(process_, number);
}

int RunningProgram::wait() {
  if (process_ > 0) {
    int status = 0;
    waitpid(process_, &status, 0);
    exit_code_ = code_of(status);
    process_ = -1;
  }
  return exit_code_;
}

}  // namespace orderscope::test
