// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/threads.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>

#include <limits>
#include <thread>

namespace orderscope {

void set_up_compute_threads(int threads) {
  if (threads <= 0) threads = static_cast<int>(std::thread::hardware_concurrency());
  if (threads > 0 && threads != at::get_num_threads()) at::set_num_threads(threads);
  at::globalContext().setFlushDenormal(true);
  // at::parallel_for is a template: compiled here, without LibTorch's own OpenMP, it is a plain loop. for_each is
  // compiled into LibTorch and gives each of its workers a chunk.
  at::Tensor chunks = at::empty({at::get_num_threads()});
  at::TensorIterator::nullary_op(chunks).for_each(
      [](char**, const int64_t*, int64_t, int64_t) { at::globalContext().setFlushDenormal(true); }, /*grain_size=*/1);
}

bool flushes_denormals() {
  volatile float smallest = std::numeric_limits<float>::min();
  volatile float half = smallest * 0.5F;
  return half == 0.0F;
}

}  // namespace orderscope
