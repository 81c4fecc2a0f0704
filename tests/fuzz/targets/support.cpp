// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/targets/support.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace orderscope::fuzz {

std::filesystem::path file_of(Bytes bytes) {
  static const int descriptor = ::memfd_create("orderscope-fuzz", MFD_CLOEXEC);
  if (descriptor < 0 || ::ftruncate(descriptor, 0) != 0) violated("a file in memory can be made");
  if (::pwrite(descriptor, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    violated("a file in memory can be written");
  return "/proc/self/fd/" + std::to_string(descriptor);
}

void check_error(const Error& error) {
  const std::string message = error.message();
  if (message.empty()) violated("an error says something");
  if (message.find('\n') != std::string::npos) violated("an error is one line");
}

void violated(const char* what) {
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

}  // namespace orderscope::fuzz
