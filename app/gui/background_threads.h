// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace orderscope {

/// Runs functions in the background, and others, posted from there, on the thread of an object of the window. Both ways
/// lead through queues behind one mutex; Qt's event only wakes the window. So a sanitizer that knows nothing of Qt's
/// own locks still sees each hand-over, and whatever it reports is a race of ours.
class BackgroundThreads {
 public:
  /// `owner` outlives this object. Threads start when there is work for them, and stay.
  explicit BackgroundThreads(QObject& owner, int threads = 1);
  ~BackgroundThreads();  ///< drops what has not begun, then waits
  BackgroundThreads(const BackgroundThreads&) = delete;
  BackgroundThreads& operator=(const BackgroundThreads&) = delete;

  /// In the background, in the order of the calls. Called on the thread of the owner.
  void run(std::function<void()> work);

  /// On the thread of the owner, in the order of the calls, once its event loop comes to it; never after the owner's
  /// end. Called on any thread.
  void post(std::function<void()> delivery);

 private:
  void work_off();

  struct Deliveries {
    std::mutex mutex;
    std::deque<std::function<void()>> queue;
  };

  QObject& owner_;
  const std::size_t most_;
  std::shared_ptr<Deliveries> deliveries_ = std::make_shared<Deliveries>();  ///< events that are under way hold it too

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::jthread> threads_;  ///< last: they end before what they use goes
};

}  // namespace orderscope
