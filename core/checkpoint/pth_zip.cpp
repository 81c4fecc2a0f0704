// SPDX-License-Identifier: GPL-3.0-or-later
// The container that torch.save writes since PyTorch 1.6: a zip archive with <root>/data.pkl, <root>/byteorder and one
// member <root>/data/<key> a storage (torch/serialization.py, caffe2/serialize/inline_container.cc).
#include <algorithm>
#include <cstring>

#include "core/checkpoint/pth.h"
#include "core/checkpoint/quote.h"
#include "core/checkpoint/state_dict_search.h"
#include "core/checkpoint/zip_archive.h"

namespace orderscope {

namespace {

constexpr std::uint64_t kLongestPickle = 256u << 20;

/// "archive/" of "archive/data.pkl".
Result<std::string> find_root(const ZipArchive& archive) {
  constexpr std::string_view pickle = "data.pkl";
  for (const auto& member : archive.members()) {
    const auto slash = member.name.find('/');
    if (slash == std::string::npos || std::string_view(member.name).substr(slash + 1) != pickle) continue;
    std::string root = member.name.substr(0, slash + 1);
    if (archive.find(root + "constants.pkl") != nullptr)
      return fail(Error::Kind::Unsupported, "a TorchScript archive, not a state dict", {},
                  "save it with torch.save(model.state_dict(), path)");
    return root;
  }
  return fail(Error::Kind::NotThisFormat, "a zip archive without data.pkl: no PyTorch checkpoint");
}

Result<bool> is_big_endian(const ZipArchive& archive, const std::string& root) {
  const auto* member = archive.find(root + "byteorder");
  if (member == nullptr) return false;
  TRY(const Blob blob, archive.read(*member, 16));
  const std::string_view order(reinterpret_cast<const char*>(blob.bytes.data()), blob.bytes.size());
  if (order == "little") return false;
  if (order == "big") return true;
  return fail(Error::Kind::Broken, "the byte order " + quote(order) + " is unknown");
}

}  // namespace

bool is_zip(std::span<const std::byte> bytes) {
  const auto starts = [&](const char* signature) { return std::memcmp(bytes.data(), signature, 4) == 0; };
  return bytes.size() >= 4 && (starts("PK\3\4") || starts("PK\5\6"));
}

Result<void> read_zip_pth(const std::string& key, Checkpoint& checkpoint) {
  TRY(const ZipArchive archive, ZipArchive::open(checkpoint.file));
  TRY(const std::string root, find_root(archive));
  TRY(const bool big_endian, is_big_endian(archive, root));
  const auto& pickle_member = *archive.find(root + "data.pkl");
  TRY(const Blob pickle_bytes, archive.read(pickle_member, kLongestPickle));
  TRY(const Pickle pickle, Pickle::read(pickle_bytes.bytes));

  TensorBuilder builder([&](const StorageId& id) -> Result<Blob> {
    const auto* member = archive.find(root + "data/" + id.key);
    if (member == nullptr) return fail(Error::Kind::Broken, "storage " + quote(id.key) + " is not in the file");
    if (member->size != id.bytes)
      return fail(Error::Kind::Broken, "storage " + quote(id.key) + " has " + std::to_string(member->size) +
                                           " bytes where the pickle claims " + std::to_string(id.bytes));
    TRY(Blob blob, archive.read(*member, id.bytes));
    return big_endian ? swapped_copy_of(blob.bytes, id.element_size) : std::move(blob);
  });
  TRY_VOID(take_state_dict(pickle.root(), key, builder, checkpoint));
  if (pickle_member.crc == 0)
    checkpoint.warnings.emplace_back("the file was saved without checksums: damage to its weights would go unnoticed");
  return {};
}

}  // namespace orderscope
