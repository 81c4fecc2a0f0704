// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/background_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QTest>
#include <QThread>
#include <atomic>
#include <memory>
#include <optional>

namespace orderscope {
namespace {

using ::testing::ElementsAre;

TEST(BackgroundThreadsTest, WorkRunsElsewhereAndDeliveriesComeHereInOrder) {
  BackgroundThreads background;
  std::vector<int> delivered;
  bool elsewhere = true, here = true;
  for (int i = 0; i < 3; ++i)
    background.run([&, i, window = QThread::currentThreadId()] {
      elsewhere = elsewhere && QThread::currentThreadId() != window;
      background.post([&, i, window] {
        here = here && QThread::currentThreadId() == window;
        delivered.push_back(i);
      });
    });
  EXPECT_TRUE(delivered.empty()) << "nothing is delivered before the event loop runs";
  ASSERT_TRUE(QTest::qWaitFor([&] { return delivered.size() == 3; }, 5000));
  EXPECT_THAT(delivered, ElementsAre(0, 1, 2));
  EXPECT_TRUE(elsewhere);
  EXPECT_TRUE(here);
}

TEST(BackgroundThreadsTest, TwoThreadsWorkAtOnceAndOneDoesNot) {
  for (const int threads : {1, 2}) {
    BackgroundThreads background(threads);
    std::atomic<int> running{0}, most{0}, done{0};
    for (int i = 0; i < 6; ++i)
      background.run([&] {
        const int now = ++running;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        // Until the other is there too, if there is one.
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
        while (threads == 2 && most < 2 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
        --running;
        ++done;
      });
    ASSERT_TRUE(QTest::qWaitFor([&] { return done == 6; }, 5000));
    EXPECT_EQ(most, threads);
  }
}

TEST(BackgroundThreadsTest, ItsEndDropsWhatHasNotBegunAndWaitsForTheRest) {
  std::atomic<bool> begun{false}, ended{false}, second{false};
  const auto held = std::make_shared<int>(1);
  {
    BackgroundThreads background;
    background.run([&] {
      begun = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      ended = true;
    });
    background.run([&, held] { second = true; });
    while (!begun) std::this_thread::yield();
  }
  EXPECT_TRUE(ended);
  EXPECT_FALSE(second);
  EXPECT_EQ(held.use_count(), 1) << "what was dropped holds nothing any more";
}

TEST(BackgroundThreadsTest, NothingIsDeliveredAfterItsEnd) {
  bool delivered = false;
  const auto held = std::make_shared<int>(1);
  {
    BackgroundThreads background;
    background.post([&, held] { delivered = true; });
  }
  QCoreApplication::processEvents();
  EXPECT_FALSE(delivered);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace orderscope
