// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

#include "core/base/job.h"

namespace orderscope::cli {

/// A line on stderr, redrawn in place; nothing where stderr is no terminal.
class ProgressBar {
 public:
  ProgressBar();
  void show(const Progress& progress);
  void clear();

 private:
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace orderscope::cli
