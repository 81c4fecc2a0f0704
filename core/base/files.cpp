// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/base/streamed_file.h"

namespace orderscope {

namespace fs = std::filesystem;

namespace {

bool write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<void> write_in_parts(const fs::path& path, const std::function<std::span<const std::byte>()>& next) {
  const auto refuse = [&](const std::string& what) {
    return fail(Error::Kind::FileAccess, what + ": " + std::strerror(errno), path.string());
  };
  if (path.has_parent_path()) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return fail(Error::Kind::FileAccess, "its folder cannot be made: " + error.message(), path.string());
  }

  static std::atomic<unsigned> counter = 0;
  const fs::path temporary = path.string() + ".part-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return refuse("cannot be written");
  bool written = true;
  try {
    for (auto part = next(); written && !part.empty(); part = next()) written = write_all(descriptor, part);
  } catch (...) {  // somebody asked to stop, or memory is short
    ::close(descriptor);
    ::unlink(temporary.c_str());
    throw;
  }
  written = written && ::fsync(descriptor) == 0;
  const int reason = errno;
  written = ::close(descriptor) == 0 && written;
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    if (!written) errno = reason;
    auto error = refuse("cannot be written");
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

Result<void> write_file(const fs::path& path, std::span<const std::span<const std::byte>> parts) {
  std::size_t i = 0;
  return write_in_parts(path, [&] {
    while (i < parts.size() && parts[i].empty()) ++i;
    return i < parts.size() ? parts[i++] : std::span<const std::byte>();
  });
}

Result<void> write_file(const fs::path& path, std::string_view content) {
  const std::span<const std::byte> part = std::as_bytes(std::span(content));
  return write_file(path, std::span(&part, 1));
}

Result<std::string> read_text_file(const fs::path& path, std::size_t limit) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return fail(Error::Kind::FileAccess, "cannot be read: " + error.message(), path.string());
  if (size > limit) return fail(Error::Kind::FileAccess, "too large for a text file", path.string());
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  if (!stream || !(content << stream.rdbuf() || size == 0))
    return fail(Error::Kind::FileAccess, "cannot be read", path.string());
  return std::move(content).str();
}

}  // namespace orderscope
