// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/threads.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <limits>
#include <thread>

#include "core/base/parallel.h"

namespace orderscope {

void set_up_compute_threads(int threads) {
  if (threads <= 0) threads = static_cast<int>(std::thread::hardware_concurrency());
  if (threads > 0 && threads != at::get_num_threads()) at::set_num_threads(threads);
  at::globalContext().setFlushDenormal(true);
  parallel_for(at::get_num_threads(), 1,
               [](std::int64_t, std::int64_t) { at::globalContext().setFlushDenormal(true); });
}

bool flushes_denormals() {
  volatile float smallest = std::numeric_limits<float>::min();
  volatile float half = smallest * 0.5F;
  return half == 0.0F;
}

}  // namespace orderscope
