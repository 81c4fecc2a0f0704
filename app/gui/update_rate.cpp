// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/update_rate.h"

#include <utility>

namespace orderscope {

UpdateRate::UpdateRate(QObject* parent) : QObject(parent) {
  constexpr int kPauseMilliseconds = 500;
  pause_.setSingleShot(true);
  pause_.setInterval(kPauseMilliseconds);
  connect(&pause_, &QTimer::timeout, this, [this] {
    constexpr int kFewest = 5;  // a mean of fewer says little
    const int updates = std::exchange(updates_, 0);
    if (updates >= kFewest) Q_EMIT measured(static_cast<double>(last_) / 1e6 / (updates - 1));
  });
}

void UpdateRate::update() {
  if (updates_ == 0) since_first_.start();
  ++updates_;
  last_ = since_first_.nsecsElapsed();
  pause_.start();
}

}  // namespace orderscope
