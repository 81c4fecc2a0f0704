// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/mapped_pages.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace orderscope {

namespace {

struct Watched {
  // Read by the signal handler, which can take no lock. An entry is never freed but used again: there are as many as
  // files were ever mapped at once.
  std::atomic<std::uintptr_t> begin = 0, end = 0;  ///< both 0: not in use
  std::atomic<bool> lost = false;                  ///< a page could not be read
  Watched* next = nullptr;

  // Guarded by the mutex below.
  bool in_use = false;
  int descriptor = -1;
  struct stat opened {};
  std::string path;
};

std::atomic<Watched*> all = nullptr;
std::mutex mutex;
struct sigaction before {};
std::uintptr_t page_size = 4096;

/// Puts a page of zeros in the place of one that the file no longer has. The system call itself: mmap is no function
/// that POSIX allows in a handler.
void on_bus_error(int number, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (auto* entry = all.load(); entry != nullptr; entry = entry->next) {
    if (address < entry->begin.load() || address >= entry->end.load()) continue;
    void* page = reinterpret_cast<void*>(address & ~(page_size - 1));
    constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (::syscall(SYS_mmap, page, page_size, PROT_READ | PROT_WRITE, flags, -1, 0) == -1) break;
    entry->lost.store(true);
    return;
  }
  if (before.sa_flags & SA_SIGINFO) return before.sa_sigaction(number, info, context);
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(number);
  // The instruction is tried again and ends the program as it would have.
  ::signal(SIGBUS, SIG_DFL);
}

void install_handler() {
  page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &before);
}

Watched* unused_entry() {
  for (auto* entry = all.load(); entry != nullptr; entry = entry->next)
    if (!entry->in_use) return entry;
  auto* entry = new Watched;
  entry->next = all.load();
  all.store(entry);
  return entry;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

/// Memory for a signal handler of the thread that holds it.
class SignalStack {
 public:
  SignalStack() : memory_(new std::byte[kSize]) {
    stack_t stack{};
    ::sigaltstack(nullptr, &stack);
    // The sanitizers bring theirs.
    if ((stack.ss_flags & SS_DISABLE) == 0) return;
    stack = {};
    stack.ss_sp = memory_.get();
    stack.ss_size = kSize;
    in_use_ = ::sigaltstack(&stack, nullptr) == 0;
  }
  ~SignalStack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    if (in_use_) ::sigaltstack(&none, nullptr);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  static constexpr std::size_t kSize = 64 * 1024;  // AVX-512 registers alone take several KB
  std::unique_ptr<std::byte[]> memory_;
  bool in_use_ = false;
};

}  // namespace

void give_thread_signal_stack() { static thread_local const SignalStack stack; }

bool any_mapped() { return all.load() != nullptr; }

void watch_mapped(std::span<const std::byte> bytes, int descriptor, const std::filesystem::path& path) {
  const std::lock_guard lock(mutex);
  static const bool installed = (install_handler(), true);
  (void)installed;
  Watched& entry = *unused_entry();
  entry.in_use = true;
  entry.descriptor = descriptor;
  entry.path = path.string();
  entry.lost.store(false);
  ::fstat(descriptor, &entry.opened);
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  entry.begin.store(begin);
  entry.end.store((begin + bytes.size() + page_size - 1) & ~(page_size - 1));
}

void forget_mapped(const void* begin) {
  const std::lock_guard lock(mutex);
  for (auto* entry = all.load(); entry != nullptr; entry = entry->next) {
    if (!entry->in_use || entry->begin.load() != reinterpret_cast<std::uintptr_t>(begin)) continue;
    entry->end.store(0);
    entry->begin.store(0);
    ::close(entry->descriptor);
    entry->in_use = false;
    return;
  }
}

Result<void> check_mapped(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  const std::lock_guard lock(mutex);
  for (auto* entry = all.load(); entry != nullptr; entry = entry->next) {
    if (!entry->in_use || wanted < entry->begin.load() || wanted >= entry->end.load()) continue;
    struct stat now {};
    if (!entry->lost.load() && ::fstat(entry->descriptor, &now) == 0 && same_file(now, entry->opened)) return {};
    return fail(
        Error::Kind::FileAccess,
        entry->lost.load() ? "was shortened, or its disk failed, while it was open" : "was changed while it was open",
        entry->path, "open it again");
  }
  return {};
}

}  // namespace orderscope
