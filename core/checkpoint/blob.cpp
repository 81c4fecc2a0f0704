// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/blob.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace orderscope {

namespace {

constexpr std::size_t kMostDimensions = 64;

std::shared_ptr<std::byte[]> allocate(std::size_t size) { return std::shared_ptr<std::byte[]>(new std::byte[size]); }

bool multiply_add(std::int64_t a, std::int64_t b, std::int64_t& sum) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(sum, product, &sum);
}

}  // namespace

Blob copy_of(std::span<const std::byte> bytes) {
  auto memory = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(memory.get(), bytes.data(), bytes.size());
  return {{memory.get(), bytes.size()}, memory};
}

Blob swapped_copy_of(std::span<const std::byte> bytes, std::size_t element_size) {
  auto memory = allocate(bytes.size());
  const std::size_t whole = bytes.size() - bytes.size() % element_size;
  for (std::size_t i = 0; i < whole; i += element_size)
    std::reverse_copy(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                      bytes.begin() + static_cast<std::ptrdiff_t>(i + element_size), memory.get() + i);
  return {{memory.get(), whole}, memory};
}

Result<std::int64_t> element_count(std::span<const std::int64_t> sizes) {
  std::int64_t count = 1;  // of the sizes that are not 0: strides are made of them even where the tensor is empty
  bool empty = false;
  for (const std::int64_t size : sizes) {
    if (size < 0) return fail(Error::Kind::Broken, "negative size " + std::to_string(size));
    empty = empty || size == 0;
    if (__builtin_mul_overflow(count, std::max<std::int64_t>(size, 1), &count))
      return fail(Error::Kind::Broken, "the product of its sizes overflows 64 bits");
  }
  return empty ? 0 : count;
}

std::vector<std::int64_t> contiguous_strides(std::span<const std::int64_t> sizes) {
  std::vector<std::int64_t> strides(sizes.size());
  std::int64_t stride = 1;
  for (std::size_t i = sizes.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<std::int64_t>(sizes[i], 1);
  }
  return strides;
}

bool is_aligned(const Blob& blob, std::size_t element_size) {
  return reinterpret_cast<std::uintptr_t>(blob.bytes.data()) % element_size == 0;
}

Result<at::Tensor> tensor_over(const Blob& blob, const TensorLayout& layout) {
  const auto broken = [](std::string why) { return fail(Error::Kind::Broken, std::move(why)); };
  if (layout.sizes.size() > kMostDimensions) return broken("more than 64 dimensions");
  if (layout.sizes.size() != layout.strides.size()) return broken("as many strides as sizes are needed");
  TRY(const std::int64_t count, element_count(layout.sizes));
  if (layout.offset < 0) return broken("negative offset " + std::to_string(layout.offset) + " into its storage");
  for (const std::int64_t stride : layout.strides)
    if (stride < 0) return broken("negative stride " + std::to_string(stride));

  const auto options = at::TensorOptions().dtype(layout.dtype);
  if (count == 0) return at::empty(layout.sizes, options);

  const auto element_size = static_cast<std::int64_t>(c10::elementSize(layout.dtype));
  const auto room = static_cast<std::int64_t>(blob.bytes.size()) / element_size;
  if (count > room) return broken(std::to_string(count) + " elements in a storage of " + std::to_string(room));
  std::int64_t last = layout.offset;
  for (std::size_t i = 0; i < layout.sizes.size(); ++i)
    if (!multiply_add(layout.sizes[i] - 1, layout.strides[i], last)) return broken("its strides overflow 64 bits");
  if (last >= room)
    return broken("it reaches element " + std::to_string(last) + " of a storage of " + std::to_string(room));

  // The mapping is private, so a write through the tensor stays in this process.
  auto* start = const_cast<std::byte*>(blob.bytes.data()) + layout.offset * element_size;
  return at::from_blob(
      start, layout.sizes, layout.strides, [owner = blob.owner](void*) {}, options);
}

}  // namespace orderscope
