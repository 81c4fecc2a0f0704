// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QApplication>
#include <QDropEvent>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUrl>
#include <nlohmann/json.hpp>

#include "app/gui/inspector.h"
#include "app/gui/main_window.h"
#include "app/gui/network_panel.h"
#include "app/gui/orders_page.h"
#include "app/gui/session.h"
#include "app/gui/session_export.h"
#include "app/gui/sources_panel.h"
#include "core/base/files.h"
#include "tests/app/gui/fake_engine.h"
#include "widgets/banner.h"
#include "widgets/jobs_panel.h"
#include "widgets/map_grid.h"
#include "widgets/map_tile.h"
#include "widgets/network_strip.h"
#include "widgets/score_list.h"
#include "widgets/value_table.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Empty files whose first bytes say what they pretend to be.
class WindowTest : public ::testing::Test {
 protected:
  WindowTest() : window(std::make_unique<test::FakeEngine>(log)) {
    window.resize(1280, 800);
    window.show();
  }

  fs::path file(const std::string& name) {
    const fs::path path = fs::path(folder.path().toStdString()) / name;
    const bool model = name.ends_with(".pth");
    EXPECT_TRUE(write_file(path, model ? std::string_view("PK\3\4") : std::string_view("\xFF\xD8\xFF\xE0")));
    return path;
  }

  bool wait_for_view() {
    return QTest::qWaitFor([&] { return window.session().view() != nullptr && !window.session().busy(); }, 5000);
  }
  bool wait_until_idle() {
    return QTest::qWaitFor([&] { return !window.session().busy(); }, 5000);
  }
  /// isVisible needs a window that a screen shows; this asks the widget alone.
  static bool shown(const QWidget* widget) { return !widget->isHidden(); }

  QTemporaryDir folder;
  std::shared_ptr<test::FakeEngine::Log> log = std::make_shared<test::FakeEngine::Log>();
  MainWindow window;
};

TEST_F(WindowTest, ShowsTheOrdersOfTheMiddleBlockOfTheDeepestStage) {
  window.add_files({file("m.pth"), file("a.jpg")});
  ASSERT_TRUE(wait_for_view());
  EXPECT_EQ(window.session().block(), 2);
  const auto& rows = window.orders_page()->grid()->grid().rows;
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0][0].title, QStringLiteral("value"));
  EXPECT_EQ(rows[0][1].title, QStringLiteral("Grad-CAM"));
  EXPECT_EQ(rows[1][0].panels.size(), 3U);
  EXPECT_TRUE(is_signed(rows[3][0].panels[0].scale));
  EXPECT_EQ(window.network()->strip()->block_count(), 3);
  EXPECT_EQ(window.inspector()->scores()->chosen(), 1);
}

TEST_F(WindowTest, GoesToTheBlockThatIsClickedAndComputesNothingForIt) {
  window.add_files({file("m.pth"), file("a.jpg")});
  ASSERT_TRUE(wait_for_view());
  const std::size_t calls = log->copy().size();
  NetworkStrip* strip = window.network()->strip();
  QTest::mouseClick(strip, Qt::LeftButton, {}, strip->block_rect(0).center().toPoint());
  EXPECT_EQ(window.session().block(), 0);
  EXPECT_EQ(window.orders_page()->grid()->grid().rows[1][0].panels.size(), 2U);
  EXPECT_EQ(log->copy().size(), calls);
}

TEST_F(WindowTest, LinksTheCursorToTheTableOfValues) {
  window.add_files({file("m.pth"), file("a.jpg")});
  ASSERT_TRUE(wait_for_view());
  window.orders_page()->grid()->set_cursor(QPointF(0.5, 0.5));
  const ValueTable* values = window.inspector()->values();
  EXPECT_EQ(values->text(2, 0), QStringLiteral("order 3"));
  EXPECT_EQ(values->text(2, 1), QStringLiteral("3.00")) << "gate 3 of the fake is 3 everywhere";
  EXPECT_EQ(values->text(2, 3), QStringLiteral("−1.00"));
  EXPECT_EQ(values->text(3, 1), QStringLiteral("0.500"));
}

TEST_F(WindowTest, ExplainsTheClassThatIsClicked) {
  window.add_files({file("m.pth"), file("a.jpg")});
  ASSERT_TRUE(wait_for_view());
  QListView* list = window.inspector()->scores()->view();
  QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(list->model()->index(2, 0)).center());
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.session().view()->class_index == 2; }, 5000));
  EXPECT_EQ(window.orders_page()->grid()->grid().rows[3][0].subtitle, QStringLiteral("to cup"));
}

TEST_F(WindowTest, SaysThatAModelHasNoGnConvAndShowsGradCam) {
  log->with_orders = false;
  window.add_files({file("swin.pth"), file("a.jpg")});
  ASSERT_TRUE(wait_for_view());
  const auto& rows = window.orders_page()->grid()->grid().rows;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0].title, QStringLiteral("Grad-CAM"));
  bool said = false;
  for (const QLabel* label : window.orders_page()->findChildren<QLabel*>())
    said = said || (shown(label) && label->text().contains(QStringLiteral("no gnConv")));
  EXPECT_TRUE(said);
}

TEST_F(WindowTest, ShowsABannerForABrokenImageAndRecoversFromIt) {
  window.add_files({file("m.pth"), file("broken.jpg")});
  ASSERT_TRUE(wait_until_idle());
  Banner* banner = window.orders_page()->banner();
  EXPECT_TRUE(shown(banner));
  EXPECT_EQ(banner->text(), QStringLiteral("broken.jpg: the picture ends before its data does"));
  EXPECT_TRUE(window.orders_page()->grid()->grid().empty());
  window.add_files({file("a.jpg")});
  ASSERT_TRUE(wait_for_view());
  EXPECT_FALSE(shown(banner));
}

TEST_F(WindowTest, ShowsABannerForABrokenModelAndForAForeignFile) {
  window.add_files({file("broken.pth"), file("a.jpg")});
  ASSERT_TRUE(wait_until_idle());
  EXPECT_THAT(window.orders_page()->banner()->text().toStdString(), HasSubstr("norm.weight is missing"));
  const fs::path text = fs::path(folder.path().toStdString()) / "notes.txt";
  ASSERT_TRUE(write_file(text, "hello"));
  window.add_files({text});
  EXPECT_THAT(window.orders_page()->banner()->text().toStdString(), HasSubstr("notes.txt: neither a picture"));
}

TEST_F(WindowTest, TakesDroppedFiles) {
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(QString::fromStdString(file("m.pth").string())),
                QUrl::fromLocalFile(QString::fromStdString(file("a.jpg").string()))});
  QDragEnterEvent enter(QPoint(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&window, &enter);
  EXPECT_TRUE(enter.isAccepted());
  QDropEvent drop(QPointF(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&window, &drop);
  ASSERT_TRUE(wait_for_view());
  EXPECT_EQ(window.session().models().size(), 1U);
  EXPECT_EQ(window.session().images().size(), 1U);
}

TEST_F(WindowTest, CancelStopsTheJobAndLeavesTheWindowUsable) {
  log->hold = true;
  window.add_files({file("m.pth"), file("a.jpg")});
  ASSERT_TRUE(QTest::qWaitFor([&] { return log->inspecting.load(); }, 5000));
  EXPECT_TRUE(window.jobs_panel()->busy());
  window.jobs_panel()->cancel_button()->click();
  ASSERT_TRUE(wait_until_idle());
  EXPECT_FALSE(window.jobs_panel()->busy());
  EXPECT_FALSE(shown(window.orders_page()->banner())) << "cancelled is not failed";
  log->hold = false;
  window.session().reload();
  EXPECT_TRUE(wait_for_view());
}

TEST_F(WindowTest, SharesOneScaleARowWhenAsked) {
  window.add_files({file("m.pth"), file("a.jpg")});
  ASSERT_TRUE(wait_for_view());
  OrdersSettings settings = window.orders_page()->settings();
  settings.scale = ScaleMode::PerMap;
  window.orders_page()->set_settings(settings);
  const auto high = [&](std::size_t order) {
    return window.orders_page()->grid()->grid().rows[1][0].panels[order - 1].scale.high;
  };
  EXPECT_EQ(high(1), 1.0F);
  settings.scale = ScaleMode::Shared;
  window.orders_page()->set_settings(settings);
  EXPECT_EQ(high(1), 3.0F);
}

TEST_F(WindowTest, EveryMenuEntryHasAToolTipAndAShortcut) {
  int entries = 0;
  QList<QAction*> actions;
  for (const QMenu* menu : window.menuBar()->findChildren<QMenu*>()) actions += menu->actions();
  for (const QAction* action : actions) {
    if (action->isSeparator() || action->menu() != nullptr || action->text().isEmpty()) continue;
    ++entries;
    EXPECT_FALSE(action->toolTip().isEmpty()) << action->text().toStdString();
    if (action->text().contains(QStringLiteral("About"))) continue;
    EXPECT_FALSE(action->shortcut().isEmpty()) << action->text().toStdString();
  }
  EXPECT_GT(entries, 15);
}

TEST_F(WindowTest, ExportsPlateMapsAndProvenance) {
  window.add_files({file("m.pth"), file("a.jpg")});
  ASSERT_TRUE(wait_for_view());
  const fs::path out = fs::path(folder.path().toStdString()) / "out";
  const auto written = export_orders(window.snapshot(), out);
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_TRUE(fs::exists(out / "orders.pdf"));
  EXPECT_TRUE(fs::exists(out / "orders.png"));
  const auto session = nlohmann::json::parse(*read_text_file(out / "session.json"));
  EXPECT_EQ(session["block"], "stages.1.1");
  EXPECT_EQ(session["class"]["name"], "dog");
  EXPECT_EQ(session["scores"].size(), 3U);
  ASSERT_EQ(session["maps"].size(), 11U) << "value, Grad-CAM and three orders of gate, state and contribution";
  for (const auto& map : session["maps"]) EXPECT_TRUE(fs::exists(out / map["file"].get<std::string>()));
}

TEST(Window, OpensAndClosesWithNothingInItOrInTheMiddleOfAJob) {
  const auto log = std::make_shared<test::FakeEngine::Log>();
  { MainWindow window(std::make_unique<test::FakeEngine>(log)); }
  QTemporaryDir folder;
  const fs::path model = fs::path(folder.path().toStdString()) / "m.pth";
  const fs::path image = fs::path(folder.path().toStdString()) / "a.jpg";
  ASSERT_TRUE(write_file(model, "PK\3\4"));
  ASSERT_TRUE(write_file(image, "\xFF\xD8\xFF\xE0"));
  log->hold = true;
  {
    MainWindow window(std::make_unique<test::FakeEngine>(log));
    window.add_files({model, image});
    ASSERT_TRUE(QTest::qWaitFor([&] { return log->inspecting.load(); }, 5000));
  }
  EXPECT_EQ(log->cancelled, 1);
}

}  // namespace
}  // namespace orderscope
