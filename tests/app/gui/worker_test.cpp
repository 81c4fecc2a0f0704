// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QTest>

#include "app/gui/inspection_worker.h"
#include "tests/app/gui/fake_engine.h"

namespace orderscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() : worker(std::make_unique<test::FakeEngine>(log)) {
    QObject::connect(&worker, &InspectionWorker::maps_ready, &worker,
                     [this](const auto& result, double) { images.push_back(result->image_path.filename().string()); });
    QObject::connect(&worker, &InspectionWorker::class_ready, &worker,
                     [this](const auto& view, double) { classes.push_back(view->class_index); });
    QObject::connect(&worker, &InspectionWorker::failed, &worker, [this](InspectionStage stage, const Error& error) {
      stages.push_back(stage);
      errors.push_back(error.message());
    });
    QObject::connect(&worker, &InspectionWorker::finished, &worker, [this](bool complete) {
      ++finished;
      last_complete = complete;
    });
  }

  bool wait_for_finish() {
    return QTest::qWaitFor([&] { return finished > 0; }, 5000);
  }

  std::shared_ptr<test::FakeEngine::Log> log = std::make_shared<test::FakeEngine::Log>();
  InspectionWorker worker;
  std::vector<std::string> images;
  std::vector<int> classes;
  std::vector<InspectionStage> stages;
  std::vector<std::string> errors;
  int finished = 0;
  bool last_complete = false;
};

TEST_F(WorkerTest, GivesMapsFirstAndThenTheMostLikelyClass) {
  worker.start({"m.pth", "a.jpg", {}, {}});
  ASSERT_TRUE(wait_for_finish());
  EXPECT_TRUE(last_complete);
  EXPECT_THAT(images, ElementsAre("a.jpg"));
  EXPECT_THAT(classes, ElementsAre(1));
  EXPECT_THAT(log->copy(), ElementsAre("open m.pth", "inspect a.jpg", "explain 1"));
}

TEST_F(WorkerTest, ComputesOnlyWhatIsMissing) {
  worker.start({"m.pth", "a.jpg", {}, {}});
  ASSERT_TRUE(wait_for_finish());
  finished = 0;
  worker.start({"m.pth", "a.jpg", 2, {}});
  ASSERT_TRUE(wait_for_finish());
  EXPECT_THAT(log->copy(), ElementsAre("open m.pth", "inspect a.jpg", "explain 1", "explain 2"));
  EXPECT_EQ(classes.back(), 2);
}

TEST_F(WorkerTest, ANewRequestCancelsTheOldOneAndItsResultsAreDropped) {
  log->hold = true;
  worker.start({"m.pth", "a.jpg", {}, {}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return log->inspecting.load(); }, 5000));
  worker.start({"m.pth", "b.jpg", {}, {}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return log->cancelled == 1; }, 5000));
  log->hold = false;
  ASSERT_TRUE(wait_for_finish());
  EXPECT_THAT(images, ElementsAre("b.jpg"));
  EXPECT_EQ(finished, 1) << "the replaced request ends silently";
  EXPECT_THAT(errors, IsEmpty());
}

TEST_F(WorkerTest, ResultsThatWereAlreadyOnTheirWayAreDroppedToo) {
  worker.start({"m.pth", "a.jpg", {}, {}});
  // The results of the first request wait in the event queue: nothing has been delivered before the second starts.
  while (log->copy().size() < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  worker.start({"m.pth", "b.jpg", {}, {}});
  ASSERT_TRUE(wait_for_finish());
  EXPECT_THAT(images, ElementsAre("b.jpg"));
}

TEST_F(WorkerTest, CancelEndsTheRequestWithoutAFailure) {
  log->hold = true;
  worker.start({"m.pth", "a.jpg", {}, {}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return log->inspecting.load(); }, 5000));
  worker.cancel();
  ASSERT_TRUE(wait_for_finish());
  EXPECT_FALSE(last_complete);
  EXPECT_FALSE(worker.busy());
  EXPECT_THAT(errors, IsEmpty());
  EXPECT_THAT(images, IsEmpty());
}

TEST_F(WorkerTest, ReportsWhatFailedAndOnWhichFile) {
  worker.start({"m.pth", "broken.jpg", {}, {}});
  ASSERT_TRUE(wait_for_finish());
  EXPECT_FALSE(last_complete);
  EXPECT_THAT(errors, ElementsAre("broken.jpg: the picture ends before its data does"));
}

TEST_F(WorkerTest, ALackOfMemoryIsAFailureOfThatRequestOnly) {
  worker.start({"m.pth", "huge.jpg", {}, {}});
  ASSERT_TRUE(wait_for_finish());
  EXPECT_FALSE(last_complete);
  EXPECT_FALSE(worker.busy());
  EXPECT_THAT(stages, ElementsAre(InspectionStage::Image));
  EXPECT_THAT(errors, ElementsAre("out of memory (use a smaller image or fewer maps)"));
  finished = 0;
  worker.start({"m.pth", "a.jpg", {}, {}});
  ASSERT_TRUE(wait_for_finish());
  EXPECT_TRUE(last_complete);
  EXPECT_THAT(images, ElementsAre("a.jpg"));

  finished = 0;
  worker.start({"huge.pth", "a.jpg", {}, {}});
  ASSERT_TRUE(wait_for_finish());
  EXPECT_THAT(stages, ElementsAre(InspectionStage::Image, InspectionStage::Model));
}

TEST(Worker, IsDestroyedInTheMiddleOfAComputation) {
  const auto log = std::make_shared<test::FakeEngine::Log>();
  log->hold = true;
  {
    InspectionWorker worker(std::make_unique<test::FakeEngine>(log));
    worker.start({"m.pth", "a.jpg", {}, {}});
    ASSERT_TRUE(QTest::qWaitFor([&] { return log->inspecting.load(); }, 5000));
  }
  EXPECT_EQ(log->cancelled, 1);
}

}  // namespace
}  // namespace orderscope
