// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace orderscope {

/// Runs functions in the background, and others, posted from there, on the thread of the window. Both ways lead through
/// queues behind a mutex of ours; Qt's event, which holds nothing, only wakes the window. So a sanitizer that knows
/// nothing of Qt's own locks still sees each hand-over, and whatever it reports is a race of ours.
class BackgroundThreads : public QObject {
  Q_OBJECT

 public:
  /// Threads start when there is work for them, and stay.
  explicit BackgroundThreads(int threads = 1);
  ~BackgroundThreads() override;  ///< drops what has not begun or was not delivered, then waits

  /// In the background, in the order of the calls. Called on the thread of this object.
  void run(std::function<void()> work);

  /// On the thread of this object, in the order of the calls, once its event loop comes to it; never after its end.
  /// Called on any thread.
  void post(std::function<void()> delivery);

 private:
  Q_INVOKABLE void deliver_next();
  void work_off();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_, deliveries_;
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::jthread> threads_;  ///< last: they end before what they use goes
};

}  // namespace orderscope
