// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace orderscope::test {

struct ProgramResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Runs a program of the build's bin folder and waits for it.
ProgramResult run_program(const std::string& name, const std::vector<std::string>& arguments);

/// A program of the build's bin folder that runs beside the test; what it writes goes to a file. Killed when this goes.
class RunningProgram {
 public:
  RunningProgram(const std::string& name, const std::vector<std::string>& arguments, const std::string& log);
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  bool running();
  void signal(int number);
  int wait();  ///< its exit code; 128 + the signal that ended it

 private:
  int process_ = -1;
  int exit_code_ = -1;
};

}  // namespace orderscope::test
