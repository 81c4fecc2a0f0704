// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QFile>
#include <QLabel>
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <thread>

#include "app/gui/job_runner.h"
#include "app/gui/main_window.h"
#include "app/gui/orders_page.h"
#include "app/gui/session.h"
#include "app/gui/settings.h"
#include "app/gui/timings.h"
#include "app/gui/tour.h"
#include "app/gui/view_history.h"
#include "tests/app/gui/fake_engine.h"

namespace orderscope {
namespace {

class JobRunnerTest : public ::testing::Test {
 protected:
  /// Waits until it may go on or is stopped.
  Result<int> wait(const JobContext& job, int value) {
    ++begun;
    while (!go_on) {
      if (auto checked = job.check(); !checked) return tl::unexpected(checked.error());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return value;
  }
  void start(const QString& name, int value) {
    runner.start<int>(
        name, name, [this, value](const JobContext& job) { return wait(job, value); },
        [this](Result<int> result) { delivered.push_back(result.value_or(-1)); });
  }

  JobList list;
  std::atomic<int> begun{0};
  std::atomic<bool> go_on{false};
  std::vector<int> delivered;
  JobRunner runner{list};
};

TEST_F(JobRunnerTest, DeliversOnlyTheNewestJobOfAName) {
  start(QStringLiteral("cam"), 1);
  ASSERT_TRUE(QTest::qWaitFor([&] { return begun == 1; }, 5000));
  start(QStringLiteral("cam"), 2);
  go_on = true;
  ASSERT_TRUE(QTest::qWaitFor([&] { return list.empty() && !runner.busy(); }, 5000));
  EXPECT_EQ(delivered, std::vector<int>{2});
}

TEST_F(JobRunnerTest, ListsItsJobsAndDeliversNothingOfACancelledOne) {
  start(QStringLiteral("erf"), 1);
  start(QStringLiteral("cam"), 2);
  ASSERT_EQ(list.jobs().size(), 2U);
  list.cancel(list.jobs().front().id);
  ASSERT_TRUE(QTest::qWaitFor([&] { return list.jobs().size() == 1; }, 5000));
  EXPECT_TRUE(runner.busy(QStringLiteral("cam")));
  go_on = true;
  ASSERT_TRUE(QTest::qWaitFor([&] { return list.empty(); }, 5000));
  EXPECT_EQ(delivered, std::vector<int>{2});
}

TEST(JobRunner, CancelsAndWaitsWhenItGoes) {
  JobList list;
  std::atomic<bool> ended{false};
  {
    JobRunner runner(list);
    std::atomic<bool> begun{false};
    runner.start<int>(
        QStringLiteral("long"), QStringLiteral("long"),
        [&](const JobContext& job) -> Result<int> {
          begun = true;
          while (job.check()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
          ended = true;
          return fail(Error::Kind::Cancelled, "cancelled");
        },
        [](Result<int>) {});
    ASSERT_TRUE(QTest::qWaitFor([&] { return begun.load(); }, 5000));
  }
  EXPECT_TRUE(ended);
}

TEST(ViewHistory, TakesBackAndRepeatsWhatWasChangedOnAPage) {
  MainWindow window(std::make_unique<test::FakeEngine>(std::make_shared<test::FakeEngine::Log>()));
  OrdersPage* page = window.orders_page();
  const OrdersSettings before = page->settings();
  OrdersSettings after = before;
  after.scale = ScaleMode::Shared;
  page->set_settings(after);
  ASSERT_TRUE(window.history().canUndo());
  window.history().undo();
  EXPECT_EQ(page->settings(), before);
  window.history().redo();
  EXPECT_EQ(page->settings(), after);
}

TEST(ViewHistory, MakesOneStepOfADraggedSlider) {
  MainWindow window(std::make_unique<test::FakeEngine>(std::make_shared<test::FakeEngine::Log>()));
  OrdersPage* page = window.orders_page();
  const double before = page->settings().style.opacity;
  for (int i = 1; i <= 5; ++i) {
    OrdersSettings settings = page->settings();
    settings.style.opacity = 0.1 * i;
    page->set_settings(settings);
  }
  EXPECT_EQ(window.history().count(), 1);
  window.history().undo();
  EXPECT_DOUBLE_EQ(page->settings().style.opacity, before);
}

TEST(Settings, KeepTheLayoutThePageStatesAndRecentFiles) {
  QTemporaryDir folder;
  const QString file = folder.filePath(QStringLiteral("settings.ini"));
  const QString image = folder.filePath(QStringLiteral("a b.jpg"));
  ASSERT_TRUE(QFile(image).open(QIODevice::WriteOnly));
  const auto log = std::make_shared<test::FakeEngine::Log>();
  {
    MainWindow window(std::make_unique<test::FakeEngine>(log), ThemeKind::Light, Settings(file));
    OrdersSettings settings = window.orders_page()->settings();
    settings.reduction = ChannelReduction::L2;
    settings.style.opacity = 0.25;
    window.orders_page()->set_settings(settings);
    window.show();
    window.close();
  }
  Settings kept(file);
  EXPECT_FALSE(kept.docks().isEmpty());
  kept.add_recent_file(folder.filePath(QStringLiteral("gone.jpg")));
  kept.add_recent_file(image);
  EXPECT_EQ(kept.recent_files(), QStringList{image}) << "files that are gone are left out";
  MainWindow window(std::make_unique<test::FakeEngine>(log), ThemeKind::Light, Settings(file));
  EXPECT_EQ(window.orders_page()->settings().reduction, ChannelReduction::L2);
  EXPECT_DOUBLE_EQ(window.orders_page()->settings().style.opacity, 0.25);
}

TEST(Settings, NameFoldersOfPluginsAndToursThatWereSeen) {
  QTemporaryDir folder;
  const QString file = folder.filePath(QStringLiteral("settings.ini"));
  {
    Settings settings(file);
    EXPECT_TRUE(settings.plugin_folders().isEmpty());
    settings.set_plugin_folders({QStringLiteral("/opt/a b"), QStringLiteral("/opt/c")});
    settings.set_tour_seen(QStringLiteral("orders"));
  }
  Settings kept(file);
  EXPECT_EQ(kept.plugin_folders(), QStringList({QStringLiteral("/opt/a b"), QStringLiteral("/opt/c")}));
  EXPECT_TRUE(kept.tour_seen(QStringLiteral("orders")));
  EXPECT_FALSE(kept.tour_seen(QStringLiteral("compare")));
}

TEST(Settings, NonsenseInTheFileCostsOnlyItself) {
  QTemporaryDir folder;
  const QString file = folder.filePath(QStringLiteral("settings.ini"));
  QFile out(file);
  ASSERT_TRUE(out.open(QIODevice::WriteOnly));
  out.write("[pages]\norders={\"opacity\":\"much\",\"scale\":7}\n[window]\ntheme=pink\ngeometry=abc\ndocks=xyz\n");
  out.close();
  Settings settings(file);
  EXPECT_FALSE(settings.theme());
  MainWindow window(std::make_unique<test::FakeEngine>(std::make_shared<test::FakeEngine::Log>()), ThemeKind::Dark,
                    Settings(file));
  EXPECT_EQ(window.orders_page()->settings(), OrdersSettings());
}

TEST(Tour, WalksThroughThePlacesOfThePageAndCloses) {
  MainWindow window(std::make_unique<test::FakeEngine>(std::make_shared<test::FakeEngine::Log>()));
  window.show();
  auto* tour = new Tour(window.page()->tour(), &window);
  QPointer<Tour> alive(tour);
  ASSERT_FALSE(alive.isNull());
  QTest::keyClick(tour, Qt::Key_Right);
  EXPECT_EQ(tour->step(), 1);
  QTest::keyClick(tour, Qt::Key_Left);
  EXPECT_EQ(tour->step(), 0);
  QTest::keyClick(tour, Qt::Key_Escape);
  QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
  EXPECT_TRUE(alive.isNull());
}

TEST(Timings, NoteAStallOfTheWindowsThread) {
  Timings timings;
  timings.watch_stalls(50);
  QTest::qWait(20);
  // The margin is for machines on which a sleep overshoots; a stall cannot be measured shorter than it was.
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  QTest::qWait(20);
  EXPECT_GE(timings.longest_stall(), 100);
  EXPECT_FALSE(timings.entries().empty());
}

}  // namespace
}  // namespace orderscope
