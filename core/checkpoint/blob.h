// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

/// Bytes, and whatever must live as long as they are in use.
struct Blob {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// A copy of the bytes in memory of its own, aligned for any tensor. Throws std::bad_alloc.
Blob copy_of(std::span<const std::byte> bytes);

/// A copy with the bytes of each element reversed: big-endian data on a little-endian machine.
Blob swapped_copy_of(std::span<const std::byte> bytes, std::size_t element_size);

/// What a file says of a tensor. Nothing in it has been checked.
struct TensorLayout {
  at::ScalarType dtype = at::kFloat;
  std::int64_t offset = 0;  ///< in elements, as the strides
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
};

/// Number of elements. Errors: Broken for a negative size or a product beyond 64 bits.
Result<std::int64_t> element_count(std::span<const std::int64_t> sizes);

/// Row-major strides; sizes as element_count() accepts them.
std::vector<std::int64_t> contiguous_strides(std::span<const std::int64_t> sizes);

/// A tensor that aliases the blob and keeps its owner alive. The blob must be aligned for the dtype.
/// Errors: Broken when the layout reaches outside the blob or claims more elements than the blob has room for.
Result<at::Tensor> tensor_over(const Blob& blob, const TensorLayout& layout);

/// True if the blob starts where elements of this size may start.
bool is_aligned(const Blob& blob, std::size_t element_size);

}  // namespace orderscope
