// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"

#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>

#include <atomic>

namespace orderscope {

namespace {

/// LibTorch's team orders what is before, in and after the chunks, but with instructions that ThreadSanitizer does not
/// see in a library built without it. This says the same where it sees it, at two instructions a chunk.
std::atomic<std::uint64_t> hand_over{0};

}  // namespace

void parallel_for(std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body) {
  if (count <= 0) return;
  if (count <= grain) return body(0, count);
  // One byte an index, never touched: where a chunk begins in it says which range it is. TensorIterator::for_each is
  // compiled into LibTorch and runs on its workers.
  at::Tensor indices = at::empty({count}, at::kByte);
  const char* start = static_cast<const char*>(indices.data_ptr());
  const auto chunk = [&](char** data, const std::int64_t*, std::int64_t size, std::int64_t) {
    hand_over.load(std::memory_order_acquire);  // before anything of the closure is read
    const std::int64_t first = data[0] - start;
    body(first, first + size);
    hand_over.fetch_add(1, std::memory_order_release);
  };
  hand_over.fetch_add(1, std::memory_order_release);
  at::TensorIterator::nullary_op(indices).for_each(chunk, grain);
  hand_over.load(std::memory_order_acquire);
}

}  // namespace orderscope
