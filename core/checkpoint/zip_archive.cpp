// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/zip_archive.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kZip64EndSignature = 0x06064b50;
constexpr std::uint32_t kZip64LocatorSignature = 0x07064b50;
constexpr std::uint32_t kDirectorySignature = 0x02014b50;
constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kZip64EndSize = 56;
constexpr std::size_t kZip64LocatorSize = 20;
constexpr std::size_t kDirectoryEntrySize = 46;
constexpr std::size_t kLocalHeaderSize = 30;
// Deflate cannot do better than 1032:1.
constexpr std::uint64_t kBestRatio = 1032;

/// Little-endian numbers out of a span; the caller has checked that they lie inside.
template <class T>
T number_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

bool lies_within(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return offset <= size && length <= size - offset;
}

struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

std::optional<std::size_t> find_end_record(std::span<const std::byte> bytes) {
  if (bytes.size() < kEndSize) return {};
  // A comment of up to 65535 bytes may follow the record.
  const std::size_t first = bytes.size() - std::min<std::size_t>(bytes.size(), kEndSize + 0xffff);
  for (std::size_t at = bytes.size() - kEndSize + 1; at-- > first;)
    if (number_at<std::uint32_t>(bytes, at) == kEndSignature) return at;
  return {};
}

Result<Directory> find_directory(std::span<const std::byte> bytes) {
  const auto end = find_end_record(bytes);
  if (!end)
    return fail(Error::Kind::Broken, "the zip archive has no end-of-central-directory record: the file is cut off", {},
                "download or copy it again");
  Directory directory{number_at<std::uint16_t>(bytes, *end + 10), number_at<std::uint32_t>(bytes, *end + 16),
                      number_at<std::uint32_t>(bytes, *end + 12)};
  if (*end >= kZip64LocatorSize &&
      number_at<std::uint32_t>(bytes, *end - kZip64LocatorSize) == kZip64LocatorSignature) {
    const auto at = number_at<std::uint64_t>(bytes, *end - kZip64LocatorSize + 8);
    if (!lies_within(at, kZip64EndSize, bytes.size()) || number_at<std::uint32_t>(bytes, at) != kZip64EndSignature)
      return fail(Error::Kind::Broken, "the zip64 directory record is not where the archive says");
    directory = {number_at<std::uint64_t>(bytes, at + 32), number_at<std::uint64_t>(bytes, at + 48),
                 number_at<std::uint64_t>(bytes, at + 40)};
  }
  if (!lies_within(directory.offset, directory.size, bytes.size()))
    return fail(Error::Kind::Broken, "the zip directory lies beyond the end of the file");
  return directory;
}

/// Sizes and offset of a directory entry; the zip64 field holds those that 32 bits cannot.
struct Extent {
  std::uint64_t size, packed, offset;
};

Result<Extent> extent_of(std::span<const std::byte> entry, std::span<const std::byte> extra, const std::string& name) {
  Extent extent{number_at<std::uint32_t>(entry, 24), number_at<std::uint32_t>(entry, 20),
                number_at<std::uint32_t>(entry, 42)};
  while (extra.size() >= 4) {
    const auto id = number_at<std::uint16_t>(extra, 0);
    const std::size_t length = number_at<std::uint16_t>(extra, 2);
    if (length > extra.size() - 4) break;
    auto field = extra.subspan(4, length);
    extra = extra.subspan(4 + length);
    if (id != 1) continue;
    for (std::uint64_t* value : {&extent.size, &extent.packed, &extent.offset}) {
      if (*value != 0xffffffff) continue;
      if (field.size() < 8)
        return fail(Error::Kind::Broken, "the zip64 sizes of member " + quote(name) + " are missing");
      *value = number_at<std::uint64_t>(field, 0);
      field = field.subspan(8);
    }
  }
  return extent;
}

Result<std::span<const std::byte>> packed_bytes(std::span<const std::byte> file, const Extent& extent,
                                                const std::string& name) {
  const auto outside = [&] {
    return fail(Error::Kind::Broken, "member " + quote(name) + " (" + std::to_string(extent.packed) +
                                         " bytes) reaches beyond the end of the file");
  };
  if (!lies_within(extent.offset, kLocalHeaderSize, file.size())) return outside();
  const auto header = file.subspan(extent.offset, kLocalHeaderSize);
  if (number_at<std::uint32_t>(header, 0) != kLocalSignature)
    return fail(Error::Kind::Broken, "member " + quote(name) + " does not start where the zip directory says");
  const std::size_t name_length = number_at<std::uint16_t>(header, 26);
  const std::uint64_t start = extent.offset + kLocalHeaderSize + name_length + number_at<std::uint16_t>(header, 28);
  if (!lies_within(start, extent.packed, file.size())) return outside();
  const auto* local_name = reinterpret_cast<const char*>(file.data() + extent.offset + kLocalHeaderSize);
  if (std::string_view(local_name, name_length) != name)
    return fail(Error::Kind::Broken, "member " + quote(name) + " has another name in its own header");
  return file.subspan(start, extent.packed);
}

}  // namespace

Result<ZipArchive> ZipArchive::open(std::shared_ptr<const MappedFile> file) {
  const auto bytes = file->bytes();
  TRY(const Directory directory, find_directory(bytes));

  ZipArchive archive;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> extents;
  archive.file_ = std::move(file);
  auto rest = bytes.subspan(directory.offset, directory.size);
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (rest.size() < kDirectoryEntrySize || number_at<std::uint32_t>(rest, 0) != kDirectorySignature)
      return fail(Error::Kind::Broken, "the zip directory ends after " + std::to_string(i) + " of " +
                                           std::to_string(directory.entries) + " members");
    const std::size_t name_length = number_at<std::uint16_t>(rest, 28);
    const std::size_t extra_length = number_at<std::uint16_t>(rest, 30);
    const std::size_t length = kDirectoryEntrySize + name_length + extra_length + number_at<std::uint16_t>(rest, 32);
    if (length > rest.size()) return fail(Error::Kind::Broken, "the zip directory is cut off inside an entry");

    Member member;
    member.name.assign(reinterpret_cast<const char*>(rest.data()) + kDirectoryEntrySize, name_length);
    member.crc = number_at<std::uint32_t>(rest, 16);
    const auto method = number_at<std::uint16_t>(rest, 10);
    if (number_at<std::uint16_t>(rest, 8) & 1)
      return fail(Error::Kind::Unsupported, "member " + quote(member.name) + " is encrypted");
    if (method != 0 && method != 8)
      return fail(Error::Kind::Unsupported,
                  "member " + quote(member.name) + " is compressed by method " + std::to_string(method));
    member.deflated = method == 8;
    const auto extra = rest.subspan(kDirectoryEntrySize + name_length, extra_length);
    TRY(const Extent extent, extent_of(rest, extra, member.name));
    member.size = extent.size;
    TRY(member.packed, packed_bytes(bytes, extent, member.name));
    const auto start = static_cast<std::uint64_t>(member.packed.data() - bytes.data());
    extents.emplace_back(extent.offset, start + extent.packed);
    if (!member.deflated && member.size != member.packed.size())
      return fail(Error::Kind::Broken, "member " + quote(member.name) + " is stored, but its two sizes differ");
    if (!archive.index_.emplace(member.name, archive.members_.size()).second)
      return fail(Error::Kind::Broken, "two members are named " + quote(member.name));
    archive.members_.push_back(std::move(member));
    rest = rest.subspan(length);
  }
  // Members that share bytes are how a small archive unpacks to an enormous one.
  std::ranges::sort(extents);
  for (std::size_t i = 1; i < extents.size(); ++i)
    if (extents[i].first < extents[i - 1].second)
      return fail(Error::Kind::Broken, "members of the zip archive overlap");
  return archive;
}

const ZipArchive::Member* ZipArchive::find(const std::string& name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &members_[found->second];
}

Result<Blob> ZipArchive::read(const Member& member, std::uint64_t limit) const {
  const auto broken = [&](const std::string& why) {
    return fail(Error::Kind::Broken, "member " + quote(member.name) + " " + why);
  };
  if (member.size > limit)
    return broken("claims " + std::to_string(member.size) + " bytes where at most " + std::to_string(limit) +
                  " are expected");
  Blob blob{member.packed, file_};
  if (member.deflated) {
    if (member.size / kBestRatio > member.packed.size() + 1) return broken("claims more bytes than deflate can hold");
    std::shared_ptr<std::byte[]> memory(new std::byte[member.size]);
    const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    if (!decompressor) throw std::bad_alloc();
    // Without a place for the actual size, anything but exactly member.size bytes is an error.
    if (libdeflate_deflate_decompress(decompressor.get(), member.packed.data(), member.packed.size(), memory.get(),
                                      member.size, nullptr) != LIBDEFLATE_SUCCESS)
      return broken("cannot be unpacked to the " + std::to_string(member.size) + " bytes that the directory claims");
    blob = {{memory.get(), static_cast<std::size_t>(member.size)}, memory};
  }
  if (member.crc != 0 && libdeflate_crc32(0, blob.bytes.data(), blob.bytes.size()) != member.crc)
    return broken("is damaged: its CRC-32 does not match");
  return blob;
}

}  // namespace orderscope
