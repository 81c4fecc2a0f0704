// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/figure_dialog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QListWidget>
#include <QTest>

#include "app/gui/inspection_engine.h"
#include "app/gui/main_window.h"
#include "app/gui/page.h"
#include "app/gui/session.h"
#include "app/gui/session_document.h"
#include "core/base/files.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 60'000;  // milliseconds; the work takes about a second on an idle core

const fs::path kModel = fs::path(ORDERSCOPE_GOLDEN_DIR) / "small" / "hornet_7x7" / "official.pth";
const fs::path kPhoto = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples" / "chelsea.png";

class FigureDialogTest : public testing::Test {
 protected:
  FigureDialogTest() {
    qputenv("SOURCE_DATE_EPOCH", "1700000000");
    window.add_files({kModel, kPhoto});
    EXPECT_TRUE(idle());
    window.session().explain(3);
    EXPECT_TRUE(idle());
  }
  ~FigureDialogTest() override { qunsetenv("SOURCE_DATE_EPOCH"); }

  bool idle() {
    return QTest::qWaitFor([&] { return !window.session().busy() && window.session().jobs().empty(); }, kPatience);
  }
  std::string bytes(const fs::path& path) { return read_text_file(path).value_or(""); }

  test::TemporaryFolder folder;
  std::shared_ptr<ModelCache> models = std::make_shared<ModelCache>();
  MainWindow window{make_core_engine(models), ThemeKind::Dark, Settings::forgetful(), models};
};

TEST_F(FigureDialogTest, WhatThePageShowsBecomesPanelsThatAreComputedAgainOrKept) {
  window.show_figure();
  FigureDialog& dialog = window.figure_dialog();
  ASSERT_TRUE(QTest::qWaitFor([&] { return dialog.ready() && !dialog.plate().panels.empty(); }, kPatience))
      << dialog.problem().toStdString();
  ASSERT_GE(dialog.panel_list()->count(), 2) << "the maps, and what stands below and beside them";
  ASSERT_TRUE(dialog.export_to(QString::fromStdString((folder / "a.pdf").string())));
  EXPECT_TRUE(fs::exists(folder / "a.json"));

  // The same from the session file alone, as the command line does it.
  const fs::path file = folder / "a.orderscope";
  window.document().save(file);
  ASSERT_TRUE(idle());
  const auto session = read_session(file);
  ASSERT_TRUE(session) << session.error().message();
  ASSERT_EQ(static_cast<int>(session->figure.panels.size()), dialog.panel_list()->count());
  EXPECT_EQ(session->figure.panels[0].view, "orders");
  EXPECT_EQ(session->figure.panels[1].view, "stored");
  PanelRunner runner(*session, [](const fs::path& path, const JobContext& job) { return load_model(path, {}, job); });
  const auto plate = draw_figure(*session, runner);
  ASSERT_TRUE(plate) << plate.error().message();
  ASSERT_TRUE(write_plate(*plate, QString::fromStdString((folder / "b.pdf").string())));
  EXPECT_TRUE(bytes(folder / "a.pdf") == bytes(folder / "b.pdf"));
}

TEST_F(FigureDialogTest, PanelsAreTakenOutOrderedAndTitled) {
  FigureDialog& dialog = window.figure_dialog();
  FigurePanelPlan scores;
  scores.view = "scores";
  scores.model = scores.image = 0;
  dialog.add_panels({window.page()->figure_panels().front()});
  dialog.add_panels({scores});
  ASSERT_TRUE(QTest::qWaitFor([&] { return dialog.ready() && dialog.plate().panels.size() == 2; }, kPatience));
  EXPECT_TRUE(std::holds_alternative<TablePanel>(dialog.plate().panels[1].content));
  dialog.panel_list()->item(0)->setCheckState(Qt::Unchecked);
  EXPECT_EQ(dialog.plate().panels.size(), 1U);
  EXPECT_FALSE(dialog.plan().panels[0].shown);
  dialog.panel_list()->item(0)->setCheckState(Qt::Checked);
  EXPECT_EQ(dialog.plate().panels.size(), 2U) << "what was drawn is kept";
  EXPECT_TRUE(dialog.ready());
  EXPECT_EQ(window.session_file().figure.panels.size(), 2U);
}

TEST_F(FigureDialogTest, SaysWhatCannotBeDrawn) {
  FigureDialog& dialog = window.figure_dialog();
  FigurePanelPlan bad;
  bad.view = "method";
  bad.model = bad.image = 0;
  bad.method = "magic";
  dialog.add_panels({bad});
  ASSERT_TRUE(QTest::qWaitFor([&] { return !dialog.problem().isEmpty(); }, kPatience));
  EXPECT_THAT(dialog.problem().toStdString(), testing::HasSubstr("no such method"));
  EXPECT_FALSE(dialog.export_to(QString::fromStdString((folder / "a.pdf").string())));
  EXPECT_FALSE(fs::exists(folder / "a.pdf"));
}

}  // namespace
}  // namespace orderscope
