// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"

#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>

namespace orderscope {

void parallel_for(std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body) {
  if (count <= 0) return;
  if (count <= grain) return body(0, count);
  // One byte an index, never touched: where a chunk begins in it says which range it is. TensorIterator::for_each is
  // compiled into LibTorch and runs on its workers.
  at::Tensor indices = at::empty({count}, at::kByte);
  const char* start = static_cast<const char*>(indices.data_ptr());
  at::TensorIterator::nullary_op(indices).for_each(
      [&](char** data, const std::int64_t*, std::int64_t size, std::int64_t) {
        const std::int64_t first = data[0] - start;
        body(first, first + size);
      },
      grain);
}

}  // namespace orderscope
