// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/session_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QMessageBox>
#include <QPushButton>
#include <QTest>
#include <QUndoStack>

#include "app/gui/main_window.h"
#include "app/gui/orders_page.h"
#include "app/gui/session.h"
#include "app/gui/view_history.h"
#include "core/base/files.h"
#include "tests/app/gui/fake_engine.h"
#include "tests/temporary_folder.h"
#include "widgets/banner.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SessionWindow : public MainWindow {
 public:
  SessionWindow() : MainWindow(std::make_unique<test::FakeEngine>(std::make_shared<test::FakeEngine::Log>())) {}

  bool wait() {
    return QTest::qWaitFor([this] { return !session().busy() && session().jobs().empty() && !document().busy(); },
                           10'000);
  }
  bool open(const fs::path& file) {
    open_session(file);
    return wait();
  }
  bool save(const fs::path& file) {
    document().save(file);
    return wait();
  }
  QString problem() { return orders_page()->banner()->text(); }
};

class SessionDocumentTest : public testing::Test {
 protected:
  SessionDocumentTest() {
    EXPECT_TRUE(write_file(folder / "m.pth", "PK\3\4"));
    EXPECT_TRUE(write_file(folder / "n.pth", "PK\3\4 another"));
    EXPECT_TRUE(write_file(folder / "a.jpg", "\xFF\xD8\xFF\xE0"));
    EXPECT_TRUE(write_file(folder / "b.jpg", "\xFF\xD8\xFF\xE0 another"));
  }

  void fill(SessionWindow& window) {
    window.add_files({folder / "m.pth", folder / "n.pth", folder / "a.jpg", folder / "b.jpg"});
    ASSERT_TRUE(window.wait());
    window.session().select_image(1);
    ASSERT_TRUE(window.wait());
    window.session().select_block(0);
    window.session().explain(2);
    ASSERT_TRUE(window.wait());
    OrdersSettings settings = window.orders_page()->settings();
    settings.style.opacity = 0.25;
    settings.scale = ScaleMode::Shared;
    window.orders_page()->set_settings(settings);
  }

  void expect_filled(SessionWindow& window) {
    ASSERT_EQ(window.session().models().size(), 2U);
    ASSERT_EQ(window.session().images().size(), 2U);
    EXPECT_EQ(window.session().model_index(), 0);
    EXPECT_EQ(window.session().image_index(), 1);
    EXPECT_EQ(window.session().block(), 0);
    ASSERT_TRUE(window.session().view());
    EXPECT_EQ(window.session().view()->class_index, 2);
    EXPECT_DOUBLE_EQ(window.orders_page()->settings().style.opacity, 0.25);
    EXPECT_EQ(window.orders_page()->settings().scale, ScaleMode::Shared);
  }

  static void click(SessionWindow& window, const char* box_name, const QString& text) {
    auto* box = window.findChild<QMessageBox*>(QString::fromLatin1(box_name));
    ASSERT_NE(box, nullptr);
    for (QAbstractButton* button : box->buttons())
      if (button->text() == text) return button->click();
    FAIL() << "no button " << text.toStdString();
  }

  test::TemporaryFolder folder;
  fs::path file = folder / "cats.orderscope";
};

TEST_F(SessionDocumentTest, WhatWasSavedOpensInAnotherWindow) {
  {
    SessionWindow window;
    fill(window);
    ASSERT_TRUE(window.save(file));
    EXPECT_EQ(window.document().path(), file);
    EXPECT_FALSE(window.document().modified());
  }
  const auto written = read_session(file);
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(written->images[1].sha256, *file_sha256(folder / "b.jpg")) << "hashes are there for those not chosen too";

  SessionWindow window;
  ASSERT_TRUE(window.open(file));
  expect_filled(window);
  EXPECT_EQ(window.history().count(), 0) << "there is nothing to undo";
  QTest::qWait(20);
  EXPECT_FALSE(window.document().modified());
  EXPECT_THAT(window.windowTitle().toStdString(), HasSubstr("cats.orderscope"));

  OrdersSettings settings = window.orders_page()->settings();
  settings.style.opacity = 0.5;
  window.orders_page()->set_settings(settings);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.document().modified(); }, 1000));
  EXPECT_TRUE(window.isWindowModified());
  window.history().undo();
  EXPECT_TRUE(QTest::qWaitFor([&] { return !window.document().modified(); }, 1000)) << "it is what was saved again";
}

TEST_F(SessionDocumentTest, ANewSessionIsEmptyAlsoWhileSomethingIsComputed) {
  SessionWindow window;
  fill(window);
  window.session().explain(1);
  window.document().start_anew();
  ASSERT_TRUE(window.wait());
  EXPECT_TRUE(window.session().models().empty());
  EXPECT_FALSE(window.session().result());
  EXPECT_FALSE(window.document().modified());
  window.add_files({folder / "m.pth", folder / "a.jpg"});
  ASSERT_TRUE(window.wait());
  EXPECT_TRUE(window.session().result());
}

TEST_F(SessionDocumentTest, KeepsWhatItDoesNotKnow) {
  SessionWindow window;
  fill(window);
  ASSERT_TRUE(window.save(file));
  auto text = nlohmann::json::parse(*read_text_file(file));
  text["later"] = 42;
  text["images"][1]["rating"] = 5;
  text["methods"]["gradcam"]["layer"] = "stages.3.1";
  ASSERT_TRUE(write_file(file, text.dump()));
  ASSERT_TRUE(window.open(file));
  ASSERT_TRUE(window.save(file));
  const auto kept = nlohmann::json::parse(*read_text_file(file));
  EXPECT_EQ(kept["later"], 42);
  EXPECT_EQ(kept["images"][1]["rating"], 5);
  EXPECT_EQ(kept["methods"]["gradcam"]["layer"], "stages.3.1");
}

TEST_F(SessionDocumentTest, BadFilesAreRefusedAndTheWindowStaysAsItIs) {
  SessionWindow window;
  fill(window);
  ASSERT_TRUE(write_file(file, "{\"format\": \"orderscope-session\", \"version\": 1, \"models\": 5}"));
  ASSERT_TRUE(window.open(file));
  EXPECT_THAT(window.problem().toStdString(), HasSubstr("models must be a list"));
  expect_filled(window);

  // Settings of a page that are no such settings.
  ASSERT_TRUE(window.save(file));
  auto text = nlohmann::json::parse(*read_text_file(file));
  text["pages"]["orders"] = {{"opacity", "much"}, {"scale", {1, 2}}, {"reduction", nullptr}};
  ASSERT_TRUE(write_file(file, text.dump()));
  ASSERT_TRUE(window.open(file));
  EXPECT_EQ(window.session().images().size(), 2U);
}

TEST_F(SessionDocumentTest, AsksForFilesThatAreGone) {
  {
    SessionWindow window;
    fill(window);
    ASSERT_TRUE(window.save(file));
  }
  const test::TemporaryFolder elsewhere;
  fs::rename(folder / "b.jpg", elsewhere / "moved.jpg");
  SessionWindow window;
  ASSERT_TRUE(window.open(file));
  EXPECT_TRUE(window.session().models().empty()) << "not before somebody has answered";
  EXPECT_THAT(window.findChild<QMessageBox*>("missing")->informativeText().toStdString(),
              HasSubstr("b.jpg is missing"));
  window.document().search(elsewhere.path());
  ASSERT_TRUE(window.wait());
  EXPECT_EQ(window.findChild<QMessageBox*>("outside"), nullptr) << "the folder was named by the user";
  expect_filled(window);
  EXPECT_EQ(window.session().images()[1].path, elsewhere / "moved.jpg");

  SessionWindow other;
  ASSERT_TRUE(other.open(file));
  click(other, "missing", "Open without them");
  ASSERT_TRUE(other.wait());
  ASSERT_EQ(other.session().images().size(), 1U);
  EXPECT_EQ(other.session().images()[0].path, folder / "a.jpg");
  EXPECT_EQ(other.session().models().size(), 2U);
}

TEST_F(SessionDocumentTest, AsksOnceBeforeItLooksOutsideTheFolderOfAStrangersSession) {
  const test::TemporaryFolder downloads;
  const fs::path stranger = downloads / "cats.orderscope";
  SessionFile session;
  session.models = {{folder / "m.pth", {}, -1, {}}};
  session.images = {{folder / "a.jpg", {}, -1, {}}, {downloads / "none.jpg", {}, -1, {}}};
  session.pages["data-set"] = {{"run", (folder / "run").string()}};
  ASSERT_TRUE(write_session(session, stranger));
  const TrustedSessions trusted(folder / "trusted");
  {
    SessionWindow window;
    window.document().set_trusted(trusted);
    ASSERT_TRUE(window.open(stranger));
    EXPECT_TRUE(window.session().models().empty()) << "not before somebody has answered";
    auto* box = window.findChild<QMessageBox*>("outside");
    ASSERT_NE(box, nullptr);
    EXPECT_THAT(box->informativeText().toStdString(),
                testing::AllOf(HasSubstr("m.pth lies outside"), HasSubstr("run lies outside"),
                               testing::Not(HasSubstr("none.jpg"))));
    click(window, "outside", "Open without them");
    ASSERT_TRUE(window.wait());
    click(window, "missing", "Open without them");
    ASSERT_TRUE(window.wait());
    EXPECT_TRUE(window.session().models().empty());
    EXPECT_TRUE(window.session().images().empty());
    EXPECT_FALSE(trusted.contains(stranger));
  }
  {
    SessionWindow window;
    window.document().set_trusted(trusted);
    ASSERT_TRUE(window.open(stranger));
    click(window, "outside", "Open them");
    ASSERT_TRUE(window.wait());
    click(window, "missing", "Open without them");
    ASSERT_TRUE(window.wait());
    ASSERT_EQ(window.session().models().size(), 1U);
    EXPECT_EQ(window.session().images()[0].path, folder / "a.jpg");
  }
  SessionWindow window;
  window.document().set_trusted(trusted);
  ASSERT_TRUE(window.open(stranger));
  EXPECT_EQ(window.findChild<QMessageBox*>("outside"), nullptr) << "it is remembered";
  // Changed, it is a stranger's again.
  session.images.pop_back();
  ASSERT_TRUE(write_session(session, stranger));
  SessionWindow other;
  other.document().set_trusted(trusted);
  ASSERT_TRUE(other.open(stranger));
  EXPECT_NE(other.findChild<QMessageBox*>("outside"), nullptr);
}

TEST_F(SessionDocumentTest, WhatWasSavedHereMayNameAnyFile) {
  const test::TemporaryFolder elsewhere;
  const TrustedSessions trusted(elsewhere / "trusted");
  {
    SessionWindow window;
    window.document().set_trusted(trusted);
    fill(window);
    ASSERT_TRUE(window.save(elsewhere / "cats.orderscope"));
  }
  SessionWindow window;
  window.document().set_trusted(trusted);
  ASSERT_TRUE(window.open(elsewhere / "cats.orderscope"));
  EXPECT_EQ(window.findChild<QMessageBox*>("outside"), nullptr);
  expect_filled(window);
}

TEST_F(SessionDocumentTest, ASessionThatIsOpenElsewhereIsNotOverwritten) {
  SessionWindow first, second;
  fill(first);
  ASSERT_TRUE(first.save(file));
  ASSERT_TRUE(second.open(file));
  EXPECT_TRUE(second.document().locked_elsewhere());
  second.document().save(file);
  EXPECT_THAT(second.problem().toStdString(), HasSubstr("open in another window"));
  ASSERT_TRUE(second.save(folder / "other.orderscope"));
  EXPECT_FALSE(second.document().locked_elsewhere());
  EXPECT_TRUE(fs::exists(folder / "other.orderscope"));
}

TEST_F(SessionDocumentTest, ACopyOutlivesACrashAndIsOfferedOnce) {
  const fs::path copies = folder / "copies";
  const auto files = [&] {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(copies))
      if (entry.path().extension() == kSessionSuffix) found.push_back(entry.path());
    return found;
  };
  {
    SessionWindow window;
    window.document().set_copy_delay(10);
    window.keep_copies(copies);
    fill(window);
    ASSERT_TRUE(QTest::qWaitFor([&] { return files().size() == 1 && window.wait(); }, 5000));
    QTest::qWait(100);

    SessionWindow beside;
    beside.keep_copies(copies);
    EXPECT_EQ(beside.findChild<QMessageBox*>("recover"), nullptr) << "the first window is still there";
    // What a window that is killed leaves: its copy, and a lock of a process that is no more.
    fs::copy_file(files().front(), copies / "dead.orderscope");
    ASSERT_TRUE(write_file(copies / "dead.orderscope.lock", "999999999\norderscope\n\n"));
  }
  ASSERT_EQ(files().size(), 1U) << "an orderly end leaves nothing";

  SessionWindow window;
  window.keep_copies(copies);
  SessionWindow beside;
  beside.keep_copies(copies);
  EXPECT_EQ(beside.findChild<QMessageBox*>("recover"), nullptr) << "one window offers it";
  click(window, "recover", "Open it");
  ASSERT_TRUE(window.wait());
  expect_filled(window);
  EXPECT_TRUE(window.document().modified());
  EXPECT_FALSE(fs::exists(copies / "dead.orderscope"));
  EXPECT_EQ(files().size(), 1U) << "now as this window's copy";
}

TEST_F(SessionDocumentTest, ACopyThatIsNotWantedIsLeftOrDeleted) {
  const fs::path copies = folder / "copies";
  fs::create_directories(copies);
  SessionFile session;
  session.models = {{folder / "m.pth", {}, -1, {}}};
  ASSERT_TRUE(write_session(session, copies / "dead.orderscope"));
  {
    SessionWindow window;
    window.keep_copies(copies);
    click(window, "recover", "Not now");
    EXPECT_TRUE(fs::exists(copies / "dead.orderscope"));
  }
  SessionWindow window;
  window.keep_copies(copies);
  click(window, "recover", "Delete it");
  EXPECT_FALSE(fs::exists(copies / "dead.orderscope"));
}

}  // namespace
}  // namespace orderscope
