// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/mapped_pages.h"

namespace orderscope {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& why) { return fail(Error::Kind::FileAccess, why, path.string()); };

  // O_NONBLOCK: opening a named pipe must not wait for somebody to write to it.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return refuse(std::string("cannot be opened: ") + std::strerror(errno));
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    return refuse("not a regular file");
  }

  const auto size = static_cast<std::size_t>(status.st_size);
  void* address = nullptr;
  if (size > 0) {
    // Writable but private: a tensor that is changed in place changes its own copy of the page, never the file.
    address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
    if (address == MAP_FAILED) {
      const std::string why = std::strerror(errno);
      ::close(descriptor);
      return refuse("cannot be mapped: " + why);
    }
    ::madvise(address, size, MADV_WILLNEED);
    watch_mapped({static_cast<const std::byte*>(address), size}, descriptor, path);
  } else {
    ::close(descriptor);
  }
  return std::shared_ptr<const MappedFile>(new MappedFile({static_cast<const std::byte*>(address), size}));
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  forget_mapped(bytes_.data());
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace orderscope
