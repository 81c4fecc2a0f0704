// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "widgets/banner.h"
#include "widgets/input_view.h"
#include "widgets/jobs_panel.h"
#include "widgets/network_strip.h"
#include "widgets/score_list.h"
#include "widgets/value_table.h"

namespace orderscope {
namespace {

std::vector<StripBlock> small_network() {
  return {{"stages.0.0", 0, {0.7, 0.3}}, {"stages.1.0", 1, {0.5, 0.3, 0.2}}, {"stages.1.1", 1, {0.2, 0.3, 0.5}}};
}

TEST(NetworkStrip, ClickOnAColumnChoosesItsBlock) {
  NetworkStrip strip;
  strip.resize(400, 100);
  strip.set_blocks(small_network());
  int chosen = -1;
  QObject::connect(&strip, &NetworkStrip::block_chosen, [&](int block) { chosen = block; });
  for (int block = 0; block < 3; ++block) {
    QTest::mouseClick(&strip, Qt::LeftButton, {}, strip.block_rect(block).center().toPoint());
    EXPECT_EQ(chosen, block);
  }
  chosen = -1;
  QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(399, 20));
  EXPECT_EQ(chosen, -1);
}

TEST(NetworkStrip, ArrowKeysMoveAndStopAtTheEnds) {
  NetworkStrip strip;
  strip.set_blocks(small_network());
  strip.set_current(1);
  int chosen = -1;
  QObject::connect(&strip, &NetworkStrip::block_chosen, [&](int block) {
    chosen = block;
    strip.set_current(block);
  });
  QTest::keyClick(&strip, Qt::Key_Right);
  EXPECT_EQ(chosen, 2);
  chosen = -1;
  QTest::keyClick(&strip, Qt::Key_Right);
  EXPECT_EQ(chosen, -1);
  QTest::keyClick(&strip, Qt::Key_Home);
  EXPECT_EQ(chosen, 0);
}

TEST(NetworkStrip, FitsTheLargestNetworksIntoASmallWindow) {
  NetworkStrip strip;
  std::vector<StripBlock> blocks;
  int stage = 0;
  for (const int depth : {2, 3, 18, 2}) {
    for (int i = 0; i < depth; ++i) blocks.push_back({"b", stage, {1.0}});
    ++stage;
  }
  strip.resize(640, 100);
  strip.set_blocks(blocks);
  EXPECT_LE(strip.block_rect(24).right(), 640);
}

std::vector<ClassScore> scores(int count) {
  std::vector<ClassScore> result;
  for (int i = 0; i < count; ++i)
    result.push_back(
        {100 + i, "name " + std::to_string(i), -1.0F * static_cast<float>(i), 1.0F / static_cast<float>(i + 2)});
  return result;
}

TEST(ScoreList, ClickEmitsTheIndexOfTheClass) {
  ScoreList list;
  list.resize(300, 300);
  list.set_scores(scores(5));
  list.show();
  int chosen = -1;
  QObject::connect(&list, &ScoreList::class_chosen, [&](int index) { chosen = index; });
  const QRect row = list.view()->visualRect(list.view()->model()->index(3, 0));
  QTest::mouseClick(list.view()->viewport(), Qt::LeftButton, {}, row.center());
  EXPECT_EQ(chosen, 103);
}

TEST(ScoreList, SearchFiltersByNameWhereThereAreManyClasses) {
  ScoreList list;
  list.set_scores(scores(5));
  EXPECT_TRUE(list.search_field()->isHidden());
  list.set_scores(scores(40));
  EXPECT_FALSE(list.search_field()->isHidden());
  list.search_field()->setText(QStringLiteral("NAME 17"));
  ASSERT_EQ(list.view()->model()->rowCount(), 1);
  EXPECT_EQ(list.view()->model()->index(0, 0).data().toString(), QStringLiteral("name 17"));
}

TEST(ValueTable, GivesWayWhereThereIsNoRoomForAllRows) {
  PanelGrid grid;
  for (int i = 0; i < 40; ++i) {
    PanelGroup& group = grid.rows.emplace_back().emplace_back();
    group.title = QString::number(i);
    group.panels.emplace_back();
  }
  ValueTable table;
  table.set_grid(grid);
  EXPECT_EQ(table.row_count(), 40);
  EXPECT_GT(table.sizeHint().height(), 40 * table.fontMetrics().height());
  EXPECT_LT(table.minimumSizeHint().height(), 10 * table.fontMetrics().height());
}

TEST(ScoreList, TheColourOfARowIsALegendThatHides) {
  ScoreList list;
  list.set_scores({{3, "cat", 1, 0.6F}, {5, "dog", 0, 0.4F}});
  list.set_keys({{Qt::red, 3, true}, {Qt::blue, 5, true}});
  list.resize(300, 200);
  list.show();
  QSignalSpy toggled(&list, &ScoreList::key_toggled), chosen(&list, &ScoreList::class_chosen);
  const QRect second = list.view()->visualRect(list.view()->model()->index(1, 0));
  QTest::mouseClick(list.view()->viewport(), Qt::LeftButton, {}, QPoint(6, second.center().y()));
  ASSERT_EQ(toggled.count(), 1);
  EXPECT_EQ(toggled[0][0].toInt(), 5);
  EXPECT_EQ(chosen.count(), 0) << "the colour is not the name";
  QTest::mouseClick(list.view()->viewport(), Qt::LeftButton, {}, QPoint(60, second.center().y()));
  EXPECT_EQ(toggled.count(), 1);
  ASSERT_EQ(chosen.count(), 1);
  EXPECT_EQ(chosen[0][0].toInt(), 5);
  list.set_keys({});
  QTest::mouseClick(list.view()->viewport(), Qt::LeftButton, {}, QPoint(6, second.center().y()));
  EXPECT_EQ(toggled.count(), 1) << "without colours there is no legend";
  EXPECT_EQ(chosen.count(), 2);
}

TEST(InputView, APartIsDraggedOrSpannedByKeys) {
  InputView view;
  QImage image(40, 20, QImage::Format_RGB32);
  image.fill(Qt::gray);
  view.set_image(image);
  view.setFixedSize(200, 100);
  view.show();
  QSignalSpy parts(&view, &InputView::part_chosen), clicks(&view, &InputView::clicked);
  QTest::keyClick(&view, Qt::Key_Right, Qt::ShiftModifier);
  QTest::keyClick(&view, Qt::Key_Return);
  EXPECT_EQ(parts.count() + clicks.count(), 0) << "nothing can be chosen yet";
  view.set_choosable(true);
  view.set_cursor(QPointF(0.5, 0.5));
  for (int i = 0; i < 5; ++i) QTest::keyClick(&view, Qt::Key_Right, Qt::ShiftModifier);
  for (int i = 0; i < 5; ++i) QTest::keyClick(&view, Qt::Key_Down, Qt::ShiftModifier);
  QTest::keyClick(&view, Qt::Key_Return);
  ASSERT_EQ(parts.count(), 1);
  const auto part = parts[0][0].toRectF();
  EXPECT_NEAR(part.left(), 0.5, 1e-9);
  EXPECT_NEAR(part.width(), 0.1, 1e-9) << "five steps of a fiftieth";
  QTest::keyClick(&view, Qt::Key_Return);
  EXPECT_EQ(clicks.count(), 1) << "without a part the position is meant";
  QTest::mouseClick(&view, Qt::LeftButton, {}, QPoint(50, 50));
  ASSERT_EQ(clicks.count(), 2);
  EXPECT_NEAR(clicks[1][0].toPointF().x(), 0.25, 0.01) << "a pixel of the screen";
}

TEST(ValueTable, ShowsEveryOrderAndTheSingleMapsUnderTheCursor) {
  const auto map = [](float left, float right) {
    auto m = std::make_shared<Map>();
    m->height = 1;
    m->width = 2;
    m->values = {left, right};
    return m;
  };
  PanelGroup value;
  value.title = QStringLiteral("value");
  value.panels.resize(1);
  value.panels[0].map = map(7, 8);
  PanelGroup gate;
  gate.title = QStringLiteral("gate");
  gate.by_order = true;
  gate.panels.resize(2);
  gate.panels[0].map = map(1, 2);
  gate.panels[1].map = map(3, 4);
  PanelGrid grid;
  grid.rows = {{value}, {gate}};

  ValueTable table;
  table.set_grid(grid);
  ASSERT_EQ(table.row_count(), 3);
  EXPECT_EQ(table.text(0, 1), QStringLiteral("–"));
  table.set_cursor(QPointF(0.9, 0.5));
  EXPECT_EQ(table.text(0, 1), QStringLiteral("2.00"));
  EXPECT_EQ(table.text(1, 1), QStringLiteral("4.00"));
  EXPECT_EQ(table.text(2, 0), QStringLiteral("value"));
  EXPECT_EQ(table.text(2, 1), QStringLiteral("8.00"));
}

TEST(JobsPanel, OffersToCancelEachJobWhileItRuns) {
  JobsPanel jobs;
  quint64 cancelled = 0;
  QObject::connect(&jobs, &JobsPanel::cancel_requested, [&](quint64 job) { cancelled = job; });
  EXPECT_TRUE(jobs.cancel_button()->isHidden());
  EXPECT_FALSE(jobs.busy());
  jobs.set_jobs({{7, QStringLiteral("hornet · chelsea"), {}, -1}, {8, QStringLiteral("CKA"), {}, 0.5}});
  EXPECT_TRUE(jobs.busy());
  EXPECT_FALSE(jobs.cancel_button()->isHidden());
  jobs.cancel_button()->click();
  EXPECT_EQ(cancelled, 7U);
  jobs.set_jobs({});
  EXPECT_TRUE(jobs.cancel_button()->isHidden());
}

TEST(Banner, ShowsAMessageUntilItIsDismissed) {
  Banner banner;
  EXPECT_TRUE(banner.isHidden());
  banner.show_message(QStringLiteral("photo.jpg: truncated"));
  EXPECT_FALSE(banner.isHidden());
  EXPECT_EQ(banner.text(), QStringLiteral("photo.jpg: truncated"));
  banner.findChild<QToolButton*>()->click();
  EXPECT_TRUE(banner.isHidden());
}

}  // namespace
}  // namespace orderscope
