// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>

#include "core/base/busy_cores.h"

namespace orderscope {

/// While there is one, the window's jobs leave cores that other programs keep busy to them: else a job would take four
/// times as long beside a busy program, not twice. For windows that somebody sits at; what scripts make always uses
/// all.
class SharedCores {
 public:
  SharedCores();
  ~SharedCores();
  SharedCores(const SharedCores&) = delete;
  SharedCores& operator=(const SharedCores&) = delete;

  /// What a job that begins now gives to set_up_compute_threads: 0, all cores, where nobody watches.
  static int threads_for_job();

 private:
  BusyCores cores_;
  QTimer every_second_;
};

}  // namespace orderscope
