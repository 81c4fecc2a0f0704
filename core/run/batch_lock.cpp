// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/run/batch_store.h"

namespace orderscope {

Result<BatchLock> BatchLock::take(const std::filesystem::path& run) {
  std::error_code error;
  std::filesystem::create_directories(run, error);
  if (error) return fail(Error::Kind::FileAccess, "cannot be made: " + error.message(), run.string());
  const std::filesystem::path path = run / "lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return fail(Error::Kind::FileAccess, std::string("cannot be written: ") + std::strerror(errno), path.string());
  BatchLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 300> holder{};
    const ssize_t length = ::pread(descriptor, holder.data(), holder.size() - 1, 0);
    std::string who = length > 0 ? std::string(holder.data(), static_cast<std::size_t>(length)) : "another process";
    return fail(Error::Kind::FileAccess, "is being written by " + who, run.string(),
                "wait for it or stop it; a run has one writer");
  }
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string who = "process " + std::to_string(::getpid()) + " on " + host.data();
  // Only for the message above: the lock itself is the kernel's and goes with the process, whatever ends it. Where the
  // disk is full the message is poorer.
  if (::ftruncate(descriptor, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(descriptor, who.data(), who.size(), 0);
  return lock;
}

BatchLock::BatchLock(BatchLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
BatchLock& BatchLock::operator=(BatchLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
BatchLock::~BatchLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace orderscope
