// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shared_cores.h"

#include <atomic>

namespace orderscope {

namespace {
std::atomic<int> threads{0};
}

SharedCores::SharedCores() {
  threads = cores_.free();
  QObject::connect(&every_second_, &QTimer::timeout, [this] { threads = cores_.free(); });
  every_second_.start(1000);
}

SharedCores::~SharedCores() { threads = 0; }

int SharedCores::threads_for_job() { return threads; }

}  // namespace orderscope
