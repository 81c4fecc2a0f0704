// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"

#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>

#include <atomic>

namespace orderscope {

void parallel_for(std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body) {
  if (count <= 0) return;
  if (count <= grain) return body(0, count);
  // One byte an index, never touched: where a chunk begins in it says which range it is. TensorIterator::for_each is
  // compiled into LibTorch and runs on its workers.
  at::Tensor indices = at::empty({count}, at::kByte);
  const char* start = static_cast<const char*>(indices.data_ptr());
  // LibTorch's team orders what is before, in and after the chunks, but with instructions that ThreadSanitizer does not
  // see in a library built without it; this says the same where it sees it, at two instructions a chunk.
  std::atomic<int> order{0};
  order.store(1, std::memory_order_release);
  at::TensorIterator::nullary_op(indices).for_each(
      [&](char** data, const std::int64_t*, std::int64_t size, std::int64_t) {
        order.load(std::memory_order_acquire);
        const std::int64_t first = data[0] - start;
        body(first, first + size);
        order.fetch_add(1, std::memory_order_acq_rel);
      },
      grain);
  order.load(std::memory_order_acquire);
}

}  // namespace orderscope
