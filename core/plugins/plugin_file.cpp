// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plugins/plugin_file.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace orderscope {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> refuse(const fs::path& path, const std::string& what, const std::string& advice = {}) {
  return fail(Error::Kind::FileAccess, what, path.string(), advice);
}

Result<void> check_owner(const fs::path& path, const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return refuse(path, "refused: it belongs to another user", "plugins must be yours or root's");
  if (status.st_mode & S_IWOTH) return refuse(path, "refused: everybody may change it", "chmod go-w");
  if (status.st_mode & S_IWGRP) return refuse(path, "refused: its group may change it", "chmod go-w");
  return {};
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

bool read_at(int file, void* to, std::size_t bytes, std::uint64_t offset) {
  return pread(file, to, bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes);
}

/// The headers that the system's loader trusts: kind, machine, and that every part lies within the file.
Result<void> check_library(const fs::path& path, int file, std::uint64_t size) {
  const auto no_library = [&](const std::string& what) {
    return fail(Error::Kind::NotThisFormat, what, path.string(), "a plugin is a shared library");
  };
  ElfW(Ehdr) header{}, own{};
  if (!read_at(file, &header, sizeof header, 0) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return no_library("not a library");
  const Descriptor self(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const bool known = self.get() >= 0 && read_at(self.get(), &own, sizeof own, 0);
  if (known && (header.e_machine != own.e_machine || header.e_ident[EI_CLASS] != own.e_ident[EI_CLASS]))
    return no_library("a library for another kind of machine");
  if (header.e_type != ET_DYN) return no_library("not a shared library");

  const auto cut = [&] {
    return fail(Error::Kind::Broken, "the library is incomplete", path.string(), "build or copy it again");
  };
  if (header.e_phentsize != sizeof(ElfW(Phdr))) return cut();
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) part{};
    if (!read_at(file, &part, sizeof part, header.e_phoff + i * sizeof part)) return cut();
    if (part.p_type == PT_LOAD && (part.p_offset > size || part.p_filesz > size - part.p_offset)) return cut();
  }
  // The loader needs no sections, but linkers put their table last: whatever was cut off, it is.
  const std::uint64_t sections = std::uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff != 0 && (header.e_shoff > size || sections > size - header.e_shoff)) return cut();
  return {};
}

}  // namespace

Result<void> check_plugin_folder(const fs::path& folder) {
  struct stat status {};
  if (lstat(folder.c_str(), &status) != 0) return refuse(folder, std::strerror(errno));
  if (!S_ISDIR(status.st_mode)) return refuse(folder, "not a folder");
  TRY_VOID(check_owner(folder, status));
  // Whoever may rename the folder could put one of their own choice in its place.
  for (fs::path above = folder.parent_path(); above != above.parent_path(); above = above.parent_path()) {
    if (stat(above.c_str(), &status) != 0) return refuse(above, std::strerror(errno));
    if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX))
      return refuse(folder, "refused: everybody may change " + above.string() + ", which it lies in");
  }
  return {};
}

Result<std::vector<fs::path>> plugin_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error))
    if (entries->path().extension() == kPluginEnding) files.push_back(entries->path());
  if (error) return refuse(folder, error.message());
  std::sort(files.begin(), files.end());
  return files;
}

Result<void> check_plugin_file(const fs::path& path) {
  // O_NONBLOCK: a named pipe would keep open() waiting for somebody to write.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0 && errno == ELOOP)
    return refuse(path, "refused: a symbolic link", "put the library itself into the folder");
  if (file.get() < 0) return refuse(path, std::strerror(errno));
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return refuse(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return refuse(path, "refused: not a regular file");
  TRY_VOID(check_owner(path, status));
  return check_library(path, file.get(), static_cast<std::uint64_t>(status.st_size));
}

}  // namespace orderscope
