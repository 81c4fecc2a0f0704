// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shared_cores.h"

#include <gtest/gtest.h>

#include <thread>

namespace orderscope {
namespace {

TEST(SharedCoresTest, JobsUseAllCoresUnlessSomebodyWatches) {
  EXPECT_EQ(SharedCores::threads_for_job(), 0);
  {
    const SharedCores cores;
    EXPECT_EQ(SharedCores::threads_for_job(), static_cast<int>(std::thread::hardware_concurrency()));
  }
  EXPECT_EQ(SharedCores::threads_for_job(), 0);
}

}  // namespace
}  // namespace orderscope
