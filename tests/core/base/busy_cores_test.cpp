// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/busy_cores.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <thread>

#include "tests/neighbour.h"

namespace orderscope {
namespace {

using namespace std::chrono_literals;

TEST(BusyCores, AllAreFreeAtFirst) {
  BusyCores cores;
  EXPECT_EQ(cores.elsewhere(), 0);
  BusyCores others;
  EXPECT_EQ(others.free(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(BusyCores, AnotherProgramsWorkCountsAndOnesOwnDoesNot) {
  if (getpriority(PRIO_PROCESS, 0) > 0) GTEST_SKIP() << "what is begun here has low priority too, and does not count";
  // How much a neighbour gets depends on what else runs; of a core shared by ten it is a tenth.
  BusyCores cores;
  cores.elsewhere();
  {
    const test::Neighbour neighbour;
    std::this_thread::sleep_for(500ms);
    EXPECT_GT(cores.elsewhere(), 0.1);
  }
  // One's own work among as much of others as there was before: it must not be added to it.
  const double cores_of_all = std::thread::hardware_concurrency();
  const auto end = std::chrono::steady_clock::now() + 500ms;
  while (std::chrono::steady_clock::now() < end) {
  }
  EXPECT_LT(cores.elsewhere(), cores_of_all - 0.1);
}

TEST(BusyCores, AskedTooSoonItRepeatsItself) {
  BusyCores cores;
  cores.elsewhere();
  std::this_thread::sleep_for(150ms);
  const double busy = cores.elsewhere();
  EXPECT_EQ(cores.elsewhere(), busy);
}

TEST(BusyCores, ThereIsAlwaysOneLeft) {
  BusyCores cores;
  cores.free();
  {
    const test::Neighbour one, two, three, four;
    std::this_thread::sleep_for(300ms);
    EXPECT_GE(cores.free(), 1);
    EXPECT_LE(cores.free(), static_cast<int>(std::thread::hardware_concurrency()));
  }
}

}  // namespace
}  // namespace orderscope
