// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/weights_dialog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "core/base/files.h"
#include "tests/http_server.h"
#include "tests/temporary_folder.h"
#include "widgets/banner.h"
#include "widgets/weights_model.h"
#include "widgets/weights_table.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using test::HttpConnection;
using test::HttpQuery;
using test::HttpServer;

std::string checkpoint() {
  std::string header = R"({"norm.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  return file + header + std::string(8, 'a');
}

WeightsCatalogue catalogue(const std::string& url) {
  WeightsCatalogue list;
  for (const char* name : {"first", "second"}) {
    PublishedWeights weights;
    weights.name = name;
    weights.family = weights.variant = "HorNet";
    weights.file = weights.name + ".pth";
    weights.urls = {url + weights.file};
    weights.source = {"somebody/models", "https://example.org", "MIT", "the repository's", ""};
    weights.parameters = name == std::string("first") ? 2 : 1'000'000;
    weights.classes = 1000;
    list.push_back(weights);
  }
  return list;
}

class WeightsDialogTest : public ::testing::Test {
 protected:
  WeightsDialogTest() { options.download.first_wait = std::chrono::milliseconds(1); }

  QString state(const WeightsDialog& dialog, int row) const {
    return dialog.model()->index(row, WeightsModel::State).data().toString();
  }

  test::TemporaryFolder folder;
  GetOptions options;
};

TEST_F(WeightsDialogTest, ShowsTheLicenceBeforeAnythingIsDownloaded) {
  HttpServer server([](int, const HttpQuery&, const HttpConnection&) {});
  WeightsDialog dialog(catalogue(server.url("/")), folder.path(), options);
  const QAbstractItemModelTester tester(dialog.model(), QAbstractItemModelTester::FailureReportingMode::Fatal);
  dialog.show();
  EXPECT_EQ(dialog.table()->chosen(), 0);
  EXPECT_TRUE(dialog.details()->text().contains(QStringLiteral("MIT")));
  EXPECT_TRUE(dialog.details()->text().contains(QStringLiteral("none published"))) << "of checksums";
  EXPECT_TRUE(dialog.download_button()->isEnabled());
  EXPECT_FALSE(dialog.open_button()->isEnabled());
  EXPECT_TRUE(server.queries().empty()) << "nothing is asked of the network before somebody asks for it";
}

TEST_F(WeightsDialogTest, DownloadsAndOpens) {
  HttpServer server(
      [](int, const HttpQuery& query, const HttpConnection& to) { to.send(test::answer(query, checkpoint())); });
  WeightsDialog dialog(catalogue(server.url("/")), folder.path(), options);
  const QAbstractItemModelTester tester(dialog.model(), QAbstractItemModelTester::FailureReportingMode::Fatal);
  dialog.show();
  QSignalSpy opened(&dialog, &WeightsDialog::open_requested);
  QTest::mouseClick(dialog.download_button(), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return dialog.open_button()->isEnabled(); }, 10'000))
      << dialog.banner()->text().toStdString();
  EXPECT_EQ(state(dialog, 0), QStringLiteral("here"));
  EXPECT_FALSE(dialog.download_button()->isEnabled());
  QTest::mouseClick(dialog.open_button(), Qt::LeftButton);
  ASSERT_EQ(opened.count(), 1);
  EXPECT_EQ(read_text_file(folder / "first.pth").value(), checkpoint());
}

TEST_F(WeightsDialogTest, CancelsAndKeepsWhatCame) {
  HttpServer server([](int, const HttpQuery&, const HttpConnection& to) {
    to.send(test::head("200 OK", {"Content-Length: 1000", "ETag: \"1\""}) + std::string(500, 'x'));
    to.stall();
  });
  WeightsDialog dialog(catalogue(server.url("/")), folder.path(), options);
  dialog.show();
  dialog.table()->choose(1);
  QTest::mouseClick(dialog.download_button(), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor(
      [&] { return fs::exists(folder / "second.pth.part") && fs::file_size(folder / "second.pth.part") == 500; },
      10'000));
  EXPECT_TRUE(dialog.cancel_button()->isEnabled());
  EXPECT_TRUE(dialog.model()->index(1, WeightsModel::State).data(WeightsModel::ProgressRole).isValid());
  QTest::mouseClick(dialog.cancel_button(), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return dialog.download_button()->isEnabled(); }, 10'000));
  EXPECT_TRUE(state(dialog, 1).startsWith(QStringLiteral("interrupted")));
  EXPECT_TRUE(dialog.banner()->isHidden()) << "cancelled is not failed";
}

TEST_F(WeightsDialogTest, SaysWhatFailedInItsPlace) {
  HttpServer server([](int, const HttpQuery&, const HttpConnection& to) {
    to.send(test::head("404 Not Found", {"Content-Length: 0"}));
  });
  WeightsDialog dialog(catalogue(server.url("/")), folder.path(), options);
  dialog.show();
  QTest::mouseClick(dialog.download_button(), Qt::LeftButton);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !dialog.banner()->isHidden(); }, 10'000));
  EXPECT_TRUE(dialog.banner()->text().contains(QStringLiteral("404")));
  EXPECT_EQ(state(dialog, 0), QStringLiteral("failed"));
  EXPECT_TRUE(dialog.download_button()->isEnabled()) << "to try again";
}

TEST_F(WeightsDialogTest, ClosingDuringADownloadCancelsIt) {
  HttpServer server([](int, const HttpQuery&, const HttpConnection& to) { to.stall(); });
  const auto start = std::chrono::steady_clock::now();
  {
    WeightsDialog dialog(catalogue(server.url("/")), folder.path(), options);
    dialog.show();
    QTest::mouseClick(dialog.download_button(), Qt::LeftButton);
    ASSERT_TRUE(QTest::qWaitFor([&] { return !server.queries().empty(); }, 10'000));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << "the stall would have taken 30 s";
}

TEST_F(WeightsDialogTest, FiltersAndSortsThePublishedOnes) {
  WeightsDialog dialog(published_weights(), folder.path(), options);
  dialog.show();
  dialog.filter()->setText(QStringLiteral("hornet"));
  EXPECT_EQ(dialog.table()->shown_rows(), 15);
  dialog.filter()->setText(QStringLiteral("apache"));
  EXPECT_EQ(dialog.table()->shown_rows(), 6);
  dialog.filter()->clear();
  dialog.table()->sortByColumn(WeightsModel::Size, Qt::DescendingOrder);
  const QAbstractItemModel* rows = dialog.table()->model();
  EXPECT_EQ(rows->index(0, WeightsModel::Variant).data().toString(), QStringLiteral("ConvNeXt-XL"));
}

}  // namespace
}  // namespace orderscope
