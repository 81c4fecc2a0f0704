// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/job_runner.h"

#include <gtest/gtest.h>

#include <QTest>
#include <new>
#include <vector>

namespace orderscope {
namespace {

TEST(JobRunner, AJobThatThrowsFailsAsAnErrorAndTheNextOneRuns) {
  JobList list;
  JobRunner runner(list);
  const QString name = QStringLiteral("job");
  std::vector<Result<int>> delivered;
  const auto deliver = [&](Result<int> result) { delivered.push_back(std::move(result)); };
  runner.start<int>(
      name, name, [](const JobContext&) -> Result<int> { throw std::bad_alloc(); }, deliver);
  ASSERT_TRUE(QTest::qWaitFor([&] { return delivered.size() == 1; }));
  ASSERT_FALSE(delivered[0]);
  EXPECT_EQ(delivered[0].error().kind, Error::Kind::OutOfMemory);
  runner.start<int>(
      name, name, [](const JobContext&) -> Result<int> { return 7; }, deliver);
  ASSERT_TRUE(QTest::qWaitFor([&] { return delivered.size() == 2; }));
  EXPECT_EQ(delivered[1].value_or(0), 7);
}

}  // namespace
}  // namespace orderscope
