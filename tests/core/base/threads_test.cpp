// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/threads.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "core/base/parallel.h"

namespace orderscope {
namespace {

/// Runs `work` once on each of LibTorch's workers.
template <class Work>
void on_each_worker(Work work) {
  parallel_for(at::get_num_threads(), 1, [&](std::int64_t, std::int64_t) { work(); });
}

/// How many different threads flush denormals.
int flushing_workers() {
  std::mutex mutex;
  std::set<std::thread::id> flushing;
  on_each_worker([&] {
    const std::lock_guard lock(mutex);
    if (flushes_denormals()) flushing.insert(std::this_thread::get_id());
  });
  return static_cast<int>(flushing.size());
}

TEST(Threads, EveryWorkerFlushesDenormals) {
  at::set_num_threads(4);
  // Workers that are there already do not inherit the setting from whoever makes it.
  on_each_worker([] { at::globalContext().setFlushDenormal(false); });
  ASSERT_EQ(flushing_workers(), 0);
  set_up_compute_threads(4);
  EXPECT_EQ(at::get_num_threads(), 4);
  EXPECT_TRUE(flushes_denormals());
  EXPECT_EQ(flushing_workers(), 4);
}

TEST(Threads, AThreadOfItsOwnMustAskForItself) {
  set_up_compute_threads(2);
  bool before = true, after = false;
  std::thread([&] {
    // A new thread may inherit the setting from the one that starts it.
    at::globalContext().setFlushDenormal(false);
    before = flushes_denormals();
    set_up_compute_threads(2);
    after = flushes_denormals();
  }).join();
  EXPECT_FALSE(before);
  EXPECT_TRUE(after);
}

TEST(Threads, ZeroMeansAsManyAsThereAreCores) {
  set_up_compute_threads(0);
  EXPECT_EQ(at::get_num_threads(), static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace
}  // namespace orderscope
