// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/mapped_file.h"
#include "core/base/result.h"
#include "core/checkpoint/blob.h"

namespace orderscope {

/// A zip archive in a mapped file (APPNOTE.TXT 6.3, with zip64). Only its directory is read when it is opened.
class ZipArchive {
 public:
  struct Member {
    std::string name;
    std::uint64_t size = 0;  ///< unpacked, as the directory claims
    std::uint32_t crc = 0;   ///< 0: not recorded (torch.save can leave checksums out)
    bool deflated = false;
    std::span<const std::byte> packed;
  };

  /// Errors: Broken when the directory is missing or contradicts the file; Unsupported for encrypted archives.
  static Result<ZipArchive> open(std::shared_ptr<const MappedFile> file);

  const std::vector<Member>& members() const { return members_; }
  const Member* find(const std::string& name) const;

  /// The content, checked against its CRC-32; stored members are not copied. A member that claims more than `limit`
  /// bytes is refused before anything is unpacked. Errors: Broken.
  Result<Blob> read(const Member& member, std::uint64_t limit) const;

 private:
  std::shared_ptr<const MappedFile> file_;
  std::vector<Member> members_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace orderscope
