// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace orderscope::test {

/// A program in the background; killed with all that it started when this goes.
class Process {
 public:
  Process() = default;
  /// `environment` is added to our own; an empty value unsets. stdout and stderr go to `log` unless it is empty; the
  /// file descriptor `keep` stays open in the program.
  Process(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment = {},
          const std::string& log = {}, int keep = -1);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  bool running();
  void terminate() const;  ///< SIGTERM
  /// Exit code, or 128 + signal; kills it after `patience`.
  int wait(std::chrono::milliseconds patience);
  pid_t pid() const { return pid_; }

 private:
  bool poll();
  void kill();

  pid_t pid_ = -1;
  bool ended_ = true;
  bool group_ = false;  ///< what it started may still run
  int status_ = 0;
};

/// Whether a program of this name is on the PATH.
bool on_path(const std::string& program);

}  // namespace orderscope::test
