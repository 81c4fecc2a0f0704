// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <libdeflate.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace orderscope::test {

/// A zip archive of stored members, with what torch.save never writes on request.
class HandMadeZip {
 public:
  bool zip64 = false;  ///< sizes, offsets and directory in their 64-bit forms
  bool checksums = true;
  std::string comment;
  std::uint16_t method = 0;
  std::uint16_t flags = 0;

  void add(const std::string& name, const std::string& content) { members_.push_back({name, content}); }

  std::string bytes() const {
    std::string archive, directory;
    for (const auto& [name, content] : members_) {
      const std::uint64_t offset = archive.size();
      const std::uint32_t crc = checksums ? libdeflate_crc32(0, content.data(), content.size()) : 0;
      const auto size = static_cast<std::uint32_t>(content.size());
      archive += number<std::uint32_t>(0x04034b50) + number<std::uint16_t>(45) + number(flags) + number(method) +
                 number<std::uint32_t>(0) + number(crc) + number(size) + number(size) +
                 number(static_cast<std::uint16_t>(name.size())) + number<std::uint16_t>(0) + name + content;
      const std::string extra = zip64 ? number<std::uint16_t>(1) + number<std::uint16_t>(24) +
                                            number<std::uint64_t>(size) + number<std::uint64_t>(size) + number(offset)
                                      : "";
      directory += number<std::uint32_t>(0x02014b50) + number<std::uint16_t>(45) + number<std::uint16_t>(45) +
                   number(flags) + number(method) + number<std::uint32_t>(0) + number(crc) +
                   number(zip64 ? ~0U : size) + number(zip64 ? ~0U : size) +
                   number(static_cast<std::uint16_t>(name.size())) + number(static_cast<std::uint16_t>(extra.size())) +
                   number<std::uint16_t>(0) + number<std::uint32_t>(0) + number<std::uint32_t>(0) +
                   number(zip64 ? ~0U : static_cast<std::uint32_t>(offset)) + name + extra;
    }
    const std::uint64_t start = archive.size(), count = members_.size();
    archive += directory;
    if (zip64) {
      const std::uint64_t end = archive.size();
      archive += number<std::uint32_t>(0x06064b50) + number<std::uint64_t>(44) + number<std::uint32_t>(0) +
                 number<std::uint64_t>(0) + number(count) + number(count) + number<std::uint64_t>(directory.size()) +
                 number(start);
      archive += number<std::uint32_t>(0x07064b50) + number<std::uint32_t>(0) + number(end) + number<std::uint32_t>(1);
    }
    archive += number<std::uint32_t>(0x06054b50) + number<std::uint32_t>(0) +
               number(static_cast<std::uint16_t>(zip64 ? 0xffff : count)) +
               number(static_cast<std::uint16_t>(zip64 ? 0xffff : count)) +
               number(zip64 ? ~0U : static_cast<std::uint32_t>(directory.size())) +
               number(zip64 ? ~0U : static_cast<std::uint32_t>(start)) +
               number(static_cast<std::uint16_t>(comment.size())) + comment;
    return archive;
  }

 private:
  struct Member {
    std::string name, content;
  };

  template <class T>
  static std::string number(T value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
  }

  std::vector<Member> members_;
};

}  // namespace orderscope::test
