// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/background_threads.h"

#include <QMetaObject>
#include <utility>

namespace orderscope {

BackgroundThreads::BackgroundThreads(int threads) : most_(static_cast<std::size_t>(threads)) {}

BackgroundThreads::~BackgroundThreads() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    dropped.swap(work_);
  }
  changed_.notify_all();
}

void BackgroundThreads::run(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  work_.push_back(std::move(work));
  if (work_.size() > idle_ && threads_.size() < most_)
    threads_.emplace_back([this] { work_off(); });
  else
    changed_.notify_one();
}

void BackgroundThreads::work_off() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [&] { return ending_ || !work_.empty(); });
    --idle_;
    if (ending_) return;
    auto work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds goes before the lock is taken
    lock.lock();
  }
}

void BackgroundThreads::post(std::function<void()> delivery) {
  {
    const std::lock_guard lock(mutex_);
    deliveries_.push_back(std::move(delivery));
  }
  // One event a delivery, so that each comes where its event stands among the window's others. By name: a function
  // object would be handed over by Qt's event itself.
  QMetaObject::invokeMethod(this, "deliver_next", Qt::QueuedConnection);
}

void BackgroundThreads::deliver_next() {
  std::function<void()> next;
  {
    const std::lock_guard lock(mutex_);
    next = std::move(deliveries_.front());
    deliveries_.pop_front();
  }
  next();
}

}  // namespace orderscope
