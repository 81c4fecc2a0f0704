// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/files.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> refuse(const std::string& what, const fs::path& path) {
  std::string advice = errno == ENOSPC || errno == EDQUOT ? "make room; the next download goes on from here" : "";
  return fail(Error::Kind::FileAccess, what + ": " + std::strerror(errno), path.string(), std::move(advice));
}

/// Gives `from` the name `to` unless something has it. link() fails where something is; file systems without hard links
/// get a look before the rename instead.
bool rename_if_free(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return true;
  }
  if (errno == EEXIST) return false;
  if (::access(to.c_str(), F_OK) == 0) {
    errno = EEXIST;
    return false;
  }
  return ::rename(from.c_str(), to.c_str()) == 0;
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

std::string PartOrigin::validator() const {
  if (etag.size() >= 2 && etag.front() == '"') return etag;
  return last_modified;
}

Result<PartFile> PartFile::open(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error)
    return fail(Error::Kind::FileAccess, "the folder cannot be made: " + error.message(), path.parent_path().string());
  // Whoever had the lock may have renamed the file between our open() and our lock: then look again.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) return refuse("cannot be written", path);
    struct stat opened {
    }, named{};
    const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    const bool regular = ::fstat(descriptor, &opened) == 0 && S_ISREG(opened.st_mode);
    if (locked && regular && ::stat(path.c_str(), &named) == 0 && named.st_ino == opened.st_ino) {
      PartFile part(path, descriptor);
      part.size_ = opened.st_size;
      part.read_origin();
      return part;
    }
    ::close(descriptor);
    if (!regular) return fail(Error::Kind::FileAccess, "it is no regular file", path.string());
    if (!locked) break;
  }
  return fail(Error::Kind::FileAccess, "it is being downloaded already", path.string());
}

PartFile::PartFile(PartFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      origin_(std::move(other.origin_)) {}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  if (size_ == 0) {
    ::unlink(path_.c_str());
    ::unlink(origin_path().c_str());
  }
  ::close(descriptor_);
}

void PartFile::read_origin() {
  const auto text = read_text_file(origin_path(), 64 << 10);
  if (!text) return;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return;
  const auto text_of = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  origin_ = {text_of("url"), text_of("etag"), text_of("last_modified"), std::nullopt};
  if (const auto total = json.find("total"); total != json.end() && total->is_number_integer())
    origin_.total = total->get<std::int64_t>();
}

Result<void> PartFile::restart(PartOrigin origin) {
  if (::ftruncate(descriptor_, 0) != 0) return refuse("cannot be written", path_);
  size_ = 0;
  origin_ = std::move(origin);
  nlohmann::json json{{"url", origin_.url}, {"etag", origin_.etag}, {"last_modified", origin_.last_modified}};
  if (origin_.total) json["total"] = *origin_.total;
  return write_file(origin_path(),
                    std::string_view(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)));
}

Result<void> PartFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), size_);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return refuse("cannot be written", path_);
    size_ += written;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

void PartFile::clear() {
  if (::ftruncate(descriptor_, 0) != 0) return;
  size_ = 0;
  origin_ = {};
  ::unlink(origin_path().c_str());
}

Result<void> PartFile::finish(const fs::path& file, bool overwrite) {
  if (::fsync(descriptor_) != 0) return refuse("cannot be written", path_);
  const bool renamed = overwrite ? ::rename(path_.c_str(), file.c_str()) == 0 : rename_if_free(path_, file);
  if (!renamed) return refuse("cannot get its name", file);
  sync_folder(file.parent_path());
  ::unlink(origin_path().c_str());
  ::close(std::exchange(descriptor_, -1));
  return {};
}

}  // namespace orderscope
