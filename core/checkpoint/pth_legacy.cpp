// SPDX-License-Identifier: GPL-3.0-or-later
// The container of torch.save before PyTorch 1.6: pickles of a magic number, the protocol, the writing machine, the
// object, and the list of storage keys; then, for each key, the number of elements and the elements
// (torch/serialization.py, _legacy_save).
#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include "core/checkpoint/pth.h"
#include "core/checkpoint/quote.h"
#include "core/checkpoint/state_dict_search.h"

namespace orderscope {

namespace {

// Protocol 2, LONG1 of ten bytes: 0x1950a86a20f9469cfc6c.
constexpr std::array<unsigned char, 14> kMagic = {0x80, 2,    0x8a, 0x0a, 0x6c, 0xfc, 0x9c,
                                                  0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

using Storages = std::unordered_map<std::string_view, std::span<const std::byte>>;

/// The elements of each storage in `bytes`. `object` tells their dtypes; `keys` their order.
Result<Storages> find_storages(std::span<const std::byte> bytes, const Pickle& object, const PickleValue& keys) {
  const auto broken = [](std::string why) { return fail(Error::Kind::Broken, std::move(why)); };
  if (!keys.is(PickleValue::Kind::List)) return broken("the list of storages is missing");
  std::unordered_map<std::string, std::size_t> element_sizes;
  for (const auto& value : object.values()) {
    if (!value.is(PickleValue::Kind::Persistent)) continue;
    TRY(const StorageId id, storage_id(value));
    element_sizes.emplace(id.key, id.element_size);
  }

  Storages storages;
  for (const auto* key : keys.items) {
    const auto size = key->is(PickleValue::Kind::String) ? element_sizes.find(key->text) : element_sizes.end();
    if (size == element_sizes.end()) return broken("a storage is listed that nothing refers to");
    std::uint64_t count = 0;
    std::uint64_t length = 0;
    if (bytes.size() < sizeof count) return broken("the file ends before storage " + quote(key->text));
    std::memcpy(&count, bytes.data(), sizeof count);
    bytes = bytes.subspan(sizeof count);
    if (__builtin_mul_overflow(count, size->second, &length) || length > bytes.size())
      return broken("the file ends inside storage " + quote(key->text) + ", which announces " + std::to_string(count) +
                    " elements");
    storages.emplace(key->text, bytes.first(length));
    bytes = bytes.subspan(length);
  }
  return storages;
}

}  // namespace

bool is_legacy_pth(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

Result<void> read_legacy_pth(const std::string& key, Checkpoint& checkpoint) {
  auto rest = checkpoint.file->bytes();
  const auto next = [&]() -> Result<Pickle> {
    auto pickle = Pickle::read(rest);
    if (pickle) rest = rest.subspan(pickle->length());
    return pickle;
  };
  TRY(const Pickle magic, next());
  TRY(const Pickle protocol, next());
  TRY(const Pickle machine, next());
  if (!protocol.root().is(PickleValue::Kind::Int) || protocol.root().integer != 1001)
    return fail(Error::Kind::Unsupported, "a legacy PyTorch file of another protocol than 1001");
  const auto* little_endian = machine.root().find("little_endian");
  const bool big_endian = little_endian != nullptr && little_endian->integer == 0;
  TRY(const Pickle object, next());
  TRY(const Pickle keys, next());
  TRY(const Storages storages, find_storages(rest, object, keys.root()));

  TensorBuilder builder([&](const StorageId& id) -> Result<Blob> {
    const auto found = storages.find(id.key);
    if (found == storages.end()) return fail(Error::Kind::Broken, "storage " + quote(id.key) + " is not in the file");
    if (found->second.size() != id.bytes)
      return fail(Error::Kind::Broken, "storage " + quote(id.key) + " has " + std::to_string(found->second.size()) +
                                           " bytes where the pickle claims " + std::to_string(id.bytes));
    return big_endian ? swapped_copy_of(found->second, id.element_size) : Blob{found->second, checkpoint.file};
  });
  return take_state_dict(object.root(), key, builder, checkpoint);
}

}  // namespace orderscope
