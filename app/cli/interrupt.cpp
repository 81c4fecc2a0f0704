// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <thread>

namespace orderscope::cli {

namespace {
int notice_pipe[2] = {-1, -1};
volatile sig_atomic_t interrupts = 0;

void on_interrupt(int) {
  interrupts = interrupts + 1;
  if (interrupts > 1) _exit(130);
  // Stopping a token takes locks, which a signal handler must not: a thread at the other end does it.
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(notice_pipe[1], &byte, 1);
}
}  // namespace

std::stop_token stop_on_interrupt() {
  static std::stop_source source;
  if (notice_pipe[0] >= 0 || pipe(notice_pipe) != 0) return source.get_token();
  std::thread([] {
    char byte = 0;
    while (read(notice_pipe[0], &byte, 1) < 0) {
    }
    source.request_stop();
  }).detach();
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return source.get_token();
}

}  // namespace orderscope::cli
