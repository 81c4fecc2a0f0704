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

}  // namespace orderscope::test
