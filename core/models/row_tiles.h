// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>

namespace orderscope {

/// The rows of an activation in tiles of one size, as many for each worker thread. Which thread takes a tile is decided
/// as they go, so that one that shares its core with another program takes fewer. Too few rows are one tile, in which
/// the threads share each product.
class RowTiles {
 public:
  /// `widest`: values a row of the widest thing that a tile makes, which shall fit into a core's second cache.
  RowTiles(std::int64_t rows, std::int64_t widest);

  static RowTiles of_size(std::int64_t rows, std::int64_t size);

  std::int64_t count() const { return count_; }

  /// Calls body(tile, first row, rows) for every tile, below autograd and without gradients.
  void for_each(const std::function<void(std::int64_t tile, std::int64_t first, std::int64_t rows)>& body) const;

 private:
  RowTiles() = default;

  std::int64_t rows_ = 0, size_ = 0, count_ = 0;
};

}  // namespace orderscope
