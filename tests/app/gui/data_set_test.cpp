// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMessageBox>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTableWidget>
#include <QTest>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/gui/data_set_charts.h"
#include "app/gui/data_set_filter.h"
#include "app/gui/data_set_model.h"
#include "app/gui/data_set_page.h"
#include "app/gui/data_set_runner.h"
#include "app/gui/data_set_setup.h"
#include "app/gui/data_set_work.h"
#include "app/gui/session.h"
#include "core/run/batch_runner.h"
#include "tests/app/gui/data_set_store.h"
#include "tests/app/gui/fake_engine.h"
#include "tests/core/run/batch_set.h"
#include "tests/temporary_folder.h"
#include "widgets/banner.h"
#include "widgets/bar_plot.h"
#include "widgets/result_area.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 120000;  // milliseconds

struct DataSetPageTest : testing::Test {
  DataSetPageTest() : session(std::make_unique<test::FakeEngine>(log)), page(session) {
    page.resize(1100, 700);
    page.show();
    page.activate();
  }

  bool idle() {
    return QTest::qWaitFor([&] { return !page.work().busy(); }, kPatience);
  }

  void open(std::int64_t images = 2500) {
    test::make_run(folder / "run", images, images);
    page.open_run(folder / "run");
    ASSERT_TRUE(idle());
    ASSERT_NE(page.work().run(), nullptr) << page.banner()->text().toStdString();
  }

  void set(const std::function<void(DataSetSettings&)>& edit) {
    DataSetSettings settings = page.settings();
    edit(settings);
    page.set_settings(settings);
    ASSERT_TRUE(idle());
  }

  test::TemporaryFolder folder;
  std::shared_ptr<test::FakeEngine::Log> log = std::make_shared<test::FakeEngine::Log>();
  Session session;
  DataSetPage page;
};

TEST_F(DataSetPageTest, ShowsARunWithItsCharts) {
  open();
  EXPECT_EQ(page.model()->rowCount(), 5000);
  EXPECT_TRUE(page.status().contains(QStringLiteral("2 broken"))) << page.status().toStdString();
  ASSERT_TRUE(page.work().charts());
  const DataSetCharts& charts = *page.work().charts();
  EXPECT_EQ(charts.model.name, "a") << "the first with orders";
  EXPECT_EQ(charts.tallies.all.rows(), 2498);
  EXPECT_EQ(charts.tallies.all.wrong, 358) << "every seventh";
  EXPECT_EQ(page.charts()->classes()->names().size(), 10);
  std::int64_t counted = 0;
  for (const auto& part : charts.tallies.by_confidence) counted += part.rows();
  EXPECT_EQ(counted, 2498);
  const auto& depth = page.charts()->depth()->curves();
  ASSERT_EQ(depth.size(), 2U);
  EXPECT_EQ(depth[0].y, (std::vector<double>{0.25, 0.5}));
  const auto& ablation = page.charts()->ablation()->curves();
  ASSERT_EQ(ablation.size(), 1U);
  EXPECT_EQ(ablation[0].x, (std::vector<double>{0, 1, 2}));
  EXPECT_NEAR(ablation[0].y[0], 2140.0 / 2498, 1e-12);
  EXPECT_EQ(ablation[0].y[1], 1);
  const Plate plate = page.figure();
  EXPECT_EQ(plate.panels.size(), 4U);
}

TEST_F(DataSetPageTest, ConditionsNarrowTheRowsAndTheCharts) {
  open();
  set([](DataSetSettings& s) { s.outcome = DataSetOutcome::Wrong; });
  EXPECT_EQ(page.model()->rowCount(), 358 + 357);
  EXPECT_EQ(page.work().charts()->tallies.all.right, 0);
  // Among wrong rows alone every class would have an accuracy of nothing.
  ASSERT_EQ(page.charts()->classes()->names().size(), 10);
  ASSERT_TRUE(page.work().charts()->any_outcome);
  EXPECT_EQ(page.work().charts()->any_outcome->all.rows(), 2498);
  EXPECT_TRUE(page.charts()->classes_area()->subtitle().contains(QStringLiteral("of 2498 images, right or wrong")))
      << page.charts()->classes_area()->subtitle().toStdString();
  set([](DataSetSettings& s) { s.outcome = DataSetOutcome::Broken; });
  EXPECT_TRUE(page.charts()->classes_area()->message().contains(QStringLiteral("Broken images have no prediction")));
  set([](DataSetSettings& s) {
    s.outcome = DataSetOutcome::All;
    s.label = "class 3";
    s.model = "b";
    s.least_confidence = 0.5;
  });
  BatchFilter plain;
  plain.label = 3;
  plain.model = 1;
  plain.least_confidence = 0.5;
  const auto query = BatchQuery::open(folder / "run");
  EXPECT_EQ(page.model()->rowCount(), *query->count(plain));
  EXPECT_EQ(page.work().charts()->model.name, "b");
  // A class of the chart widens again what it narrowed.
  Q_EMIT page.charts()->classes()->bar_chosen(0);
  EXPECT_EQ(page.settings().label, "");
  ASSERT_TRUE(idle());
  Q_EMIT page.charts()->confidence()->bar_chosen(19);
  EXPECT_NEAR(page.settings().least_confidence, 0.95, 1e-12);
  QTest::keyClicks(page.filter()->text(), QStringLiteral("/7.jpg"));
  QTest::keyClick(page.filter()->text(), Qt::Key_Return);
  EXPECT_EQ(page.settings().text, "/7.jpg");
}

TEST_F(DataSetPageTest, RanksByDisagreementAndShowsTheSelectionInTheCharts) {
  open();
  set([](DataSetSettings& s) { s.sort = {"disagreement", true}; });
  const BatchRow* first = page.model()->row(0);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->predictions, 2);
  ASSERT_NE(page.model()->row(1), nullptr);
  EXPECT_EQ(page.model()->row(1)->image, first->image) << "one row a model, together";
  EXPECT_GE(first->disagreement, page.model()->row(2)->disagreement);
  page.table()->selectRow(0);
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().selection().has_value(); }, kPatience));
  EXPECT_EQ(page.work().selection()->images, 1);
  EXPECT_TRUE(page.charts()->depth()->curves().back().dashed);
  EXPECT_EQ(page.charts()->depth()->curves().size(), 4U);
}

TEST_F(DataSetPageTest, ADoubleClickOpensTheImageWithItsModel) {
  open(20);
  page.work().allow_outside();
  // The made-up photos lie nowhere: the session says so, and stays as it is.
  QSignalSpy message(&session, &Session::message);
  Q_EMIT page.table()->doubleClicked(page.model()->index(0, 0));
  EXPECT_EQ(message.count(), 1);
  EXPECT_TRUE(session.images().empty());
}

TEST_F(DataSetPageTest, BrokenStoresAndFoldersWithoutOneSaySo) {
  fs::create_directories(folder / "empty");
  page.open_run(folder / "empty");
  ASSERT_TRUE(QTest::qWaitFor([&] { return !page.banner()->text().isEmpty(); }, kPatience));
  page.banner()->dismiss();
  fs::create_directories(folder / "bad");
  std::ofstream(folder / "bad" / "store.sqlite") << "this is no database, and longer than the header of one would be";
  page.open_run(folder / "bad");
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.banner()->isVisible(); }, kPatience));
  EXPECT_EQ(page.work().run(), nullptr);
  EXPECT_EQ(page.model()->rowCount(), 0);
  open(20);
  EXPECT_EQ(page.model()->rowCount(), 40) << "the next one is fine";
}

TEST_F(DataSetPageTest, StateComesBackAndNonsenseChangesNothing) {
  open(50);
  set([](DataSetSettings& s) {
    s.text = "x";
    s.outcome = DataSetOutcome::Disagreeing;
    s.least_confidence = 0.2;
    s.sort = {"loss", true};
    s.depth = DepthQuantity::Scale;
    s.chart_model = "b";
  });
  const DataSetSettings before = page.settings();
  const nlohmann::json state = page.state();
  page.set_settings({});
  page.restore(state);
  EXPECT_EQ(page.settings(), before);
  page.restore({{"outcome", 7}, {"sort", false}, {"least_confidence", "much"}, {"depth", "x"}});
  EXPECT_EQ(page.settings(), before);
  page.restore(nlohmann::json::array());
}

TEST_F(DataSetPageTest, EveryActionHasAShortcutAndAToolTip) {
  QMenu menu;
  page.fill_menu(menu);
  std::set<QString> shortcuts;
  for (const QAction* action : menu.actions()) {
    if (action->isSeparator()) continue;
    EXPECT_FALSE(action->toolTip().isEmpty()) << action->text().toStdString();
    EXPECT_TRUE(shortcuts.insert(action->shortcut().toString()).second) << action->text().toStdString();
  }
  for (const QWidget* widget : page.findChildren<QWidget*>()) {
    const bool inside = widget->parentWidget()->inherits("QComboBox") || widget->parentWidget()->inherits("QSpinBox") ||
                        widget->parentWidget()->inherits("QDoubleSpinBox") || widget->inherits("QHeaderView");
    if (!widget->isVisible() || inside || !(widget->focusPolicy() & Qt::TabFocus)) continue;
    if (qobject_cast<const QAbstractButton*>(widget)) continue;  // named by their texts
    EXPECT_FALSE(widget->accessibleName().isEmpty()) << widget->metaObject()->className();
  }
}

/// A real run of a small HorNet over 15 images and a broken one.
struct DataSetRunTest : DataSetPageTest {
  DataSetRunTest() {
    test::write_striped_set(folder / "photos", 5, 48, 3);
    std::ofstream(folder / "photos/01_Vertical/broken.jpg") << "no picture";
    config = test::small_batch(folder / "photos");
  }

  BatchConfig config;
};

TEST_F(DataSetRunTest, IsSetUpFromTheSession) {
  session.add_files({test::small_checkpoint("hornet_7x7")});
  DataSetSetup& setup = page.setup();
  ASSERT_EQ(setup.models()->count(), 1);
  EXPECT_FALSE(setup.config()) << "no images yet";
  setup.set_images(QString::fromStdString((folder / "photos").string()));
  EXPECT_EQ(setup.run(), folder / "photos-run");
  int methods = 0;
  for (int row = 0; row < setup.methods()->rowCount(); ++row) {
    if (setup.methods()->item(row, 0)->data(Qt::UserRole).toString() != QStringLiteral("gradcam")) continue;
    setup.methods()->item(row, 0)->setCheckState(Qt::Checked);
    ++methods;
  }
  EXPECT_EQ(methods, 1);
  const auto asked = setup.config();
  ASSERT_TRUE(asked) << asked.error().message();
  EXPECT_EQ(asked->models.size(), 1U);
  EXPECT_EQ(asked->methods.front().id, "gradcam");
  EXPECT_EQ(asked->ablate, std::vector<std::string>{"network"});
  setup.models()->item(0)->setCheckState(Qt::Unchecked);
  EXPECT_FALSE(setup.config()) << "no model";
}

TEST_F(DataSetRunTest, PausedAndGoneOnWithItIsTheUndisturbedRun) {
  const auto whole = run_batch(folder / "whole", config);
  ASSERT_TRUE(whole) << whole.error().message();
  page.runner().start(folder / "run", config);
  page.open_run(folder / "run");
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.runner().progress().done > 0; }, kPatience));
  page.runner().pause();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !page.runner().active(); }, kPatience));
  if (page.runner().state() == DataSetRunner::State::Paused) {
    page.runner().resume(folder / "run");
    ASSERT_TRUE(QTest::qWaitFor([&] { return !page.runner().active(); }, kPatience));
  }
  EXPECT_EQ(page.runner().state(), DataSetRunner::State::Idle);
  EXPECT_TRUE(page.banner()->text().isEmpty()) << page.banner()->text().toStdString();
  // The same batches, the same threads: the same to the bit.
  test::expect_same(test::content_of(folder / "whole"), test::content_of(folder / "run"), 0);
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.model()->rowCount() == 16 && !page.work().busy(); }, kPatience));
  set([](DataSetSettings& s) { s.outcome = DataSetOutcome::Broken; });
  ASSERT_EQ(page.model()->rowCount(), 1);
  ASSERT_NE(page.model()->row(0), nullptr);
  EXPECT_FALSE(page.model()->index(0, DataSetModel::Note).data().toString().isEmpty());
  set([](DataSetSettings& s) { s.outcome = DataSetOutcome::All; });
  page.work().allow_outside();
  page.open_row(0);
  ASSERT_EQ(session.images().size(), 1U);
  EXPECT_EQ(session.image_path(), page.work().file(*page.model()->row(0)));
}

TEST_F(DataSetRunTest, WhatCannotRunIsSaidAndNothingIsLeftRunning) {
  config.models = {{folder / "missing.pth", {}}};
  page.runner().start(folder / "run", config);
  page.open_run(folder / "run");
  ASSERT_TRUE(QTest::qWaitFor([&] { return !page.runner().active(); }, kPatience));
  EXPECT_FALSE(page.banner()->text().isEmpty());
  EXPECT_EQ(page.runner().state(), DataSetRunner::State::Idle);
}

TEST_F(DataSetRunTest, ARunWithoutAReadableImageSaysSoInASessionWithoutModels) {
  fs::create_directories(folder / "none");
  std::ofstream(folder / "none/a.png") << "no picture";
  std::ofstream(folder / "none/b.png") << "no picture either";
  config.images = {folder / "none"};
  ASSERT_TRUE(session.models().empty());
  ASSERT_TRUE(session.images().empty());
  page.runner().start(folder / "run", config);
  page.open_run(folder / "run");
  ASSERT_TRUE(QTest::qWaitFor([&] { return !page.runner().active(); }, kPatience));
  EXPECT_TRUE(page.banner()->text().contains(QStringLiteral("None of the 2 images could be read")))
      << page.banner()->text().toStdString();
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.model()->rowCount() == 2 && !page.work().busy(); }, kPatience));
  EXPECT_FALSE(page.model()->index(0, DataSetModel::Note).data().toString().isEmpty());
  EXPECT_TRUE(page.charts()->classes_area()->message().contains(QStringLiteral("No image of this run could be read")))
      << page.charts()->classes_area()->message().toStdString();
  // Its model comes into the session with its image, though that cannot be shown.
  page.work().allow_outside();
  page.open_row(0);
  EXPECT_EQ(session.models().size(), 1U);
}

TEST_F(DataSetRunTest, OfSomebodyElseItAsksBeforeItOpensWhatLiesOutsideItsFolder) {
  const TrustedSessions trusted(folder / "data/trusted");
  page.work().set_trusted(trusted);
  ASSERT_TRUE(run_batch(folder / "run", config));
  page.open_run(folder / "run");
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.model()->rowCount() > 0 && !page.work().busy(); }, kPatience));
  const auto answer = [&](const QString& text) {
    auto* box = page.findChild<QMessageBox*>(QStringLiteral("outside"));
    ASSERT_NE(box, nullptr) << "it is asked";
    for (QAbstractButton* button : box->buttons())
      if (button->text().remove(QLatin1Char('&')) == text) button->click();
    QCoreApplication::sendPostedEvents(box, QEvent::DeferredDelete);
  };
  page.open_row(0);
  EXPECT_TRUE(session.images().empty()) << "nobody has looked at it";
  answer(QStringLiteral("Cancel"));
  EXPECT_TRUE(session.images().empty());
  page.open_row(0);
  answer(QStringLiteral("Open"));
  EXPECT_EQ(session.images().size(), 1U);
  page.open_row(1);
  EXPECT_EQ(page.findChild<QMessageBox*>(QStringLiteral("outside")), nullptr) << "once";
  EXPECT_EQ(session.images().size(), 2U);
  EXPECT_TRUE(scope_of_run(folder / "run", page.work().run()->settings, trusted).is_anywhere());

  // A list in the dialog of a new run: beside it, unless the user says so.
  std::ofstream(folder / "list.txt") << "photos/a.png\n";
  DataSetSetup& setup = page.setup();
  setup.set_models({{QStringLiteral("m"), config.models.front().path}});
  setup.set_images(QString::fromStdString((folder / "list.txt").string()));
  ASSERT_TRUE(setup.config());
  EXPECT_FALSE(setup.config()->list_scope.is_anywhere());
  setup.lists_anywhere()->setChecked(true);
  EXPECT_TRUE(setup.config()->list_scope.is_anywhere());
  setup.set_images(QString::fromStdString(folder.path().string()));
  EXPECT_FALSE(setup.lists_anywhere()->isVisibleTo(&setup)) << "a folder is no list";
}

TEST_F(DataSetRunTest, CancelledWhatIsDoneIsKept) {
  page.runner().start(folder / "run", config);
  page.open_run(folder / "run");
  // Progress also counts images that are only listed: the store tells what is done.
  const auto begun = [&] {
    const auto query = BatchQuery::open(folder / "run");
    if (!query) return false;
    const auto counts = query->counts();
    return counts && counts->done > 0;
  };
  ASSERT_TRUE(QTest::qWaitFor(begun, kPatience));
  page.runner().cancel();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !page.runner().active(); }, kPatience));
  EXPECT_EQ(page.runner().state(), DataSetRunner::State::Idle);
  const auto query = BatchQuery::open(folder / "run");
  ASSERT_TRUE(query);
  EXPECT_GT(query->counts()->done, 0);
}

}  // namespace
}  // namespace orderscope
