// SPDX-License-Identifier: GPL-3.0-or-later
// What goes wrong around a program, made on purpose.
#pragma once

#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>

#include "tests/temporary_folder.h"

namespace orderscope::test {

/// A disk of a few bytes, which only root can have: a tmpfs, unmounted in the end.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size) {
    mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  bool make_read_only() { return ::mount("", folder_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "") == 0; }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  bool mounted_ = false;
};

/// Runs `work` again and again in a process of its own and kills that after a random time, up to `longest`; then calls
/// `look`. That `rounds` times, always the same for a seed as far as the machine's clock allows.
inline void kill_at_random(int rounds, std::chrono::microseconds longest, const std::function<void(int)>& work,
                           const std::function<void()>& look) {
  std::mt19937 random(11);
  for (int round = 0; round < rounds; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int i = 0;; ++i) work(i);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % static_cast<unsigned>(longest.count())));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    look();
  }
}

}  // namespace orderscope::test
