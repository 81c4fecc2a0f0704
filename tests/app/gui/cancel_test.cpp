// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs that are cancelled or replaced at random moments: what is shown is whole, and nothing comes after its time.
#include <gtest/gtest.h>

#include <QTest>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "app/gui/job_runner.h"

namespace orderscope {
namespace {

struct Parts {
  int request = 0;
  std::vector<int> values;
};

constexpr int kParts = 40;

/// A result that is made a part at a time.
Result<Parts> work(int request, const JobContext& job) {
  Parts parts{request, {}};
  for (int i = 0; i < kParts; ++i) {
    if (auto checked = job.check(); !checked) return tl::unexpected(checked.error());
    job.progress(i, kParts, "part");
    std::this_thread::sleep_for(std::chrono::microseconds(20));
    parts.values.push_back(request + i);
  }
  return parts;
}

TEST(CancelAtRandom, FiveHundredTimesNothingHalfIsDelivered) {
  JobList list;
  JobRunner runner(list);
  std::mt19937 random(9);
  int wanted = -1;  // the request whose result may come; -1: none
  int delivered = 0, cancelled = 0, late = 0, half = 0, steps = 0, late_steps = 0;
  const QString name = QStringLiteral("job");
  for (int request = 0; request < 500; ++request) {
    wanted = request;
    runner.start<Parts>(
        name, name,
        [&, request](const JobContext& job) {
          runner.post(name, [&, request] {
            ++steps;
            late_steps += request != wanted;
          });
          return work(request, job);
        },
        [&, request](Result<Parts> parts) {
          ++delivered;
          late += request != wanted;
          half += !parts || parts->request != request || parts->values.size() != kParts;
        });
    // Until some moment of the job, or beyond its end; then cancelled, or replaced by the next.
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 6000);
    while (std::chrono::steady_clock::now() < until) {
      QCoreApplication::processEvents();
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    if (random() % 2 == 0) {
      wanted = -1;
      cancelled += runner.busy();
      runner.cancel(name);
    }
  }
  ASSERT_TRUE(QTest::qWaitFor([&] { return list.empty() && !runner.busy(); }, 20000));
  EXPECT_EQ(half, 0);
  EXPECT_EQ(late, 0);
  EXPECT_EQ(late_steps, 0);
  EXPECT_GT(steps, 20);
  EXPECT_GT(cancelled, 20);
  EXPECT_GT(delivered, 5);
}

}  // namespace
}  // namespace orderscope
