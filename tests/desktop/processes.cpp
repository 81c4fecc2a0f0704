// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/desktop/processes.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <thread>
#include <utility>

namespace orderscope::test {

Process::Process(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
                 const std::string& log, int keep) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    // Whatever happens to the test, nothing of it stays behind; what it starts itself is in its group.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    for (const auto& [name, value] : environment) {
      if (value.empty()) {
        ::unsetenv(name.c_str());
      } else {
        ::setenv(name.c_str(), value.c_str(), 1);
      }
    }
    const int out = ::open(log.empty() ? "/dev/null" : log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    if (keep >= 0) ::fcntl(keep, F_SETFD, 0);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  ended_ = pid_ < 0;
  group_ = pid_ > 0;
  if (group_) ::setpgid(pid_, pid_);  // by both, whoever is first
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      ended_(std::exchange(other.ended_, true)),
      group_(std::exchange(other.group_, false)),
      status_(other.status_) {}

Process& Process::operator=(Process&& other) noexcept {
  kill();
  pid_ = std::exchange(other.pid_, -1);
  ended_ = std::exchange(other.ended_, true);
  group_ = std::exchange(other.group_, false);
  status_ = other.status_;
  return *this;
}

Process::~Process() { kill(); }

void Process::kill() {
  if (!std::exchange(group_, false)) return;
  const bool ended = !running();
  ::kill(-pid_, SIGKILL);  // the accessibility launcher would leave its message bus behind
  if (ended) return;
  ::waitpid(pid_, &status_, 0);
  ended_ = true;
}

bool Process::poll() {
  if (!ended_ && ::waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
  return ended_;
}

bool Process::running() { return !poll(); }

void Process::terminate() const {
  if (!ended_) ::kill(pid_, SIGTERM);
}

int Process::wait(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (running() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  kill();
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

bool on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

}  // namespace orderscope::test
