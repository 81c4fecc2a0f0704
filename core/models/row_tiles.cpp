// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/row_tiles.h"

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <atomic>

#include "core/base/parallel.h"

namespace orderscope {

namespace {
/// 1 MB of floats.
constexpr std::int64_t kTileValues = std::int64_t{1} << 18;
constexpr std::int64_t kFewRows = 64;
}  // namespace

RowTiles::RowTiles(std::int64_t rows, std::int64_t widest) : rows_(rows) {
  const std::int64_t threads = at::get_num_threads();
  const std::int64_t most = std::max(kTileValues / widest, 4 * kFewRows);
  const std::int64_t for_each_thread = (rows + threads * most - 1) / (threads * most);
  count_ = rows / threads < kFewRows ? 1 : threads * for_each_thread;
  size_ = (rows + count_ - 1) / count_;
  count_ = (rows + size_ - 1) / size_;
}

RowTiles RowTiles::of_size(std::int64_t rows, std::int64_t size) {
  RowTiles tiles;
  tiles.rows_ = rows;
  tiles.size_ = size;
  tiles.count_ = (rows + size - 1) / size;
  return tiles;
}

void RowTiles::for_each(const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& body) const {
  std::atomic<std::int64_t> next{0};
  parallel_for(std::min<std::int64_t>(count_, at::get_num_threads()), 1, [&](std::int64_t, std::int64_t) {
    const at::NoGradGuard no_grad;
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    for (std::int64_t tile = next++; tile < count_; tile = next++)
      body(tile, tile * size_, std::min(size_, rows_ - tile * size_));
  });
}

}  // namespace orderscope
