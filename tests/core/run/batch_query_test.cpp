// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "core/base/csv.h"
#include "core/base/mapped_file.h"
#include "core/checkpoint/zip_archive.h"
#include "core/run/batch_export.h"
#include "core/run/batch_report.h"
#include "core/run/batch_store.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// Two models "a" and "b" over six images of the classes x and y; the last is broken, the one before not done.
struct BatchQueryTest : testing::Test {
  BatchQueryTest() {
    BatchStore::Start start;
    start.config = "{}";
    start.values = {{"folder", "/data"}, {"program", "test"}};
    start.models = {{0, "a", "a.pth", "00", "HorNet", {"x", "y"}, {"stages.0"}},
                    {1, "b", "b.pth", "01", "Swin", {}, {}}};
    start.classes = {"x", "y"};
    for (const char* path : {"x/1.jpg", "x/2_0.jpg", "y/3.jpg", "y/4%.jpg", "y/5.jpg", "y/6.jpg"})
      start.images.push_back({path, path[0] == 'x' ? 0 : 1, {}});
    auto store = BatchStore::create(folder.path(), start);
    EXPECT_TRUE(store) << store.error().message();
    EXPECT_TRUE(store->begin());
    EXPECT_TRUE(store->add_figures(
        0, {{"stages.0.gate.1.energy", "", "stages.0", "gate", 1, "energy"}, {"other", "", "", "", 0, "other"}}, 0));
    const double confidences[] = {0.9, 0.2, 0.6, 0.7};
    for (int i = 0; i < 4; ++i) {
      ImageRecord record{i, "ab", 10, 20, {}, {}, {}, i == 2 ? 2 : 1};
      for (int m = 0; m < 2; ++m) {
        StoredResult result;
        result.model = m;
        result.label = i < 2 ? 0 : 1;
        result.predicted = i == 2 && m == 1 ? 0 : *result.label;
        result.label_rank = *result.predicted == *result.label ? 0 : 1;
        result.confidence = confidences[i];
        if (m == 0) result.figures = {static_cast<float>(i == 1 ? NAN : 10 - i), 1.5F};
        if (m == 0 && i == 0) {
          Map map;
          map.height = 1;
          map.width = 3;
          map.values = {0.5F, -2, 1.0F / 3};
          map.unit = "logit";
          map.is_signed = true;
          result.maps.emplace_back("cam", map);
        }
        record.results.push_back(result);
      }
      record.agreements = {{0, 1, i != 2, 0.1 * i, 1}};
      EXPECT_TRUE(store->add(record));
    }
    ImageRecord broken{5, "", 0, 0, "not a picture", {}, {}, 0};
    for (int m = 0; m < 2; ++m) {
      broken.results.emplace_back();
      broken.results.back().model = m;
      broken.results.back().note = broken.error;
    }
    EXPECT_TRUE(store->add(broken));
    EXPECT_TRUE(store->commit(0, 5, 2.5));
  }

  BatchQuery query() const { return std::move(*BatchQuery::open(folder.path())); }
  std::vector<std::int64_t> select(const BatchFilter& filter, const BatchSort& sort = {}) const {
    const auto ids = query().select(filter, sort);
    EXPECT_TRUE(ids) << ids.error().message();
    return ids.value_or(std::vector<std::int64_t>());
  }

  test::TemporaryFolder folder;
};

TEST_F(BatchQueryTest, CountsAndModels) {
  const BatchQuery q = query();
  const auto counts = q.counts();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->images, 6);
  EXPECT_EQ(counts->done, 5);
  EXPECT_EQ(counts->broken, 1);
  EXPECT_EQ(counts->seconds, 2.5);
  ASSERT_EQ(q.models().size(), 2u);
  EXPECT_THAT(q.models()[0].class_names, ElementsAre("x", "y"));
  EXPECT_THAT(q.set_classes(), ElementsAre("x", "y"));
  EXPECT_EQ(q.value("program"), "test");
}

TEST_F(BatchQueryTest, FiltersHoldTogether) {
  EXPECT_THAT(select({}), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 10, 11));
  BatchFilter filter;
  filter.model = 1;
  EXPECT_THAT(select(filter), ElementsAre(1, 3, 5, 7, 11));
  filter.correct = false;
  EXPECT_THAT(select(filter), ElementsAre(5));
  EXPECT_EQ(*query().count(filter), 1);
  filter = {};
  filter.label = 0;
  filter.least_confidence = 0.5;
  EXPECT_THAT(select(filter), ElementsAre(0, 1));
  filter = {};
  filter.broken = true;
  EXPECT_THAT(select(filter), ElementsAre(10, 11));
  filter = {};
  filter.disagreeing = true;
  EXPECT_THAT(select(filter), ElementsAre(4, 5));
  filter = {};
  filter.path_contains = "4%";  // the sign itself
  EXPECT_THAT(select(filter), ElementsAre(6, 7));
  filter.path_contains = "X/2_";
  EXPECT_THAT(select(filter), ElementsAre(2, 3));
}

TEST_F(BatchQueryTest, SortsWithMissingValuesLast) {
  BatchFilter first;
  first.model = 0;
  EXPECT_THAT(select(first, {"confidence", true}), ElementsAre(0, 6, 4, 2, 10));
  EXPECT_THAT(select(first, {"confidence", false}), ElementsAre(2, 4, 6, 0, 10));
  EXPECT_THAT(select(first, {"path", true}), ElementsAre(10, 6, 4, 2, 0));
  EXPECT_THAT(select(first, {"figure:stages.0.gate.1.energy", false}), ElementsAre(6, 4, 0, 2, 10));
  EXPECT_THAT(select({}, {"disagreement", true}), ElementsAre(6, 7, 4, 5, 2, 3, 0, 1, 10, 11));
  EXPECT_FALSE(query().select({}, {"figure:none", false}));
  EXPECT_FALSE(query().select({}, {"id; DROP TABLE result", false}));
}

TEST_F(BatchQueryTest, RowsFiguresAndMaps) {
  const BatchQuery q = query();
  const std::int64_t ids[] = {6, 10, 999, 0};
  const auto rows = q.rows(ids, 4);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].path, "y/4%.jpg");
  EXPECT_EQ((*rows)[0].correct, true);
  EXPECT_EQ(q.file((*rows)[0]), "/data/y/4%.jpg");
  EXPECT_FALSE((*rows)[1].predicted);
  EXPECT_EQ((*rows)[1].note, "not a picture");
  EXPECT_TRUE(std::isnan((*rows)[1].confidence));
  EXPECT_THAT(*q.row_figures(0), ElementsAre(10, 1.5F));
  EXPECT_TRUE(std::isnan((*q.row_figures(10))[1]));
  EXPECT_THAT(*q.map_names(0), ElementsAre("cam"));
  const auto map = q.map(0, "cam");
  ASSERT_TRUE(map);
  // 1/3 is kept as float16, of 11 bits.
  EXPECT_THAT(map->values, ElementsAre(0.5F, -2, testing::FloatNear(1.0F / 3, 2e-4F)));
  EXPECT_TRUE(map->is_signed);
  EXPECT_FALSE(q.map(2, "cam"));
}

TEST_F(BatchQueryTest, MeansAndDisagreement) {
  const BatchQuery q = query();
  const auto means = q.means(0, {}, true);
  ASSERT_TRUE(means);
  ASSERT_EQ(means->size(), 3u);
  EXPECT_EQ((*means)[0].rows, 2);
  EXPECT_EQ((*means)[0].figures[0], 10);  // the NaN beside it is left out
  EXPECT_EQ((*means)[1].figures[0], 7.5);
  EXPECT_EQ((*means)[1].correct, 2);
  EXPECT_THAT(*q.most_disagreeing(2), ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(*q.rows_of_image(2), ElementsAre(4, 5));
}

TEST_F(BatchQueryTest, CanBeCancelled) {
  std::stop_source source;
  source.request_stop();
  const auto ids = query().select({}, {}, {source.get_token(), {}});
  ASSERT_FALSE(ids);
  EXPECT_EQ(ids.error().kind, Error::Kind::Cancelled);
}

TEST_F(BatchQueryTest, OtherFilesAreRefused) {
  EXPECT_EQ(BatchQuery::open(folder / "nothing").error().kind, Error::Kind::FileAccess);
  fs::create_directories(folder / "text");
  std::ofstream(folder / "text/store.sqlite") << std::string(5000, 'x');
  EXPECT_EQ(BatchQuery::open(folder / "text").error().kind, Error::Kind::NotThisFormat);
  fs::create_directories(folder / "empty");
  std::ofstream(folder / "empty/store.sqlite") << "";
  EXPECT_EQ(BatchQuery::open(folder / "empty").error().kind, Error::Kind::NotThisFormat);
}

std::string content(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_F(BatchQueryTest, ExportsCsvAndJsonLines) {
  const auto rows = export_batch(query(), BatchFormat::Csv, folder / "out.csv");
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(*rows, 10);
  const std::string text = content(folder / "out.csv");
  std::string_view rest = text;
  const auto header = next_csv_record(rest);
  EXPECT_EQ(header.front(), "path");
  EXPECT_EQ(header.back(), "other");
  std::vector<std::string> paths;
  while (!rest.empty()) {
    const auto record = next_csv_record(rest);
    ASSERT_EQ(record.size(), header.size());
    paths.push_back(record[0]);
  }
  EXPECT_EQ(paths.size(), 10u);
  EXPECT_EQ(paths[6], "y/4%.jpg");
  ASSERT_TRUE(export_batch(query(), BatchFormat::Jsonl, folder / "out.jsonl"));
  EXPECT_THAT(content(folder / "out.jsonl"), HasSubstr(R"({"path":"x/1.jpg","image":0,)"));
  EXPECT_THAT(content(folder / "out.jsonl"), HasSubstr(R"("figures":{"stages.0.gate.1.energy":10.0,"other":1.5}})"));
  EXPECT_FALSE(export_batch(query(), BatchFormat::Csv, "/proc/nowhere/out.csv"));
}

TEST_F(BatchQueryTest, ExportsAnArchiveOfArrays) {
  ASSERT_TRUE(export_batch(query(), BatchFormat::Npz, folder / "out.npz"));
  const auto archive = ZipArchive::open(*MappedFile::open(folder / "out.npz"));
  ASSERT_TRUE(archive) << archive.error().message();
  const auto* member = archive->find("figures.npy");
  ASSERT_NE(member, nullptr);
  const auto blob = archive->read(*member, 1 << 20);  // checks its CRC
  ASSERT_TRUE(blob) << blob.error().message();
  const auto* bytes = reinterpret_cast<const char*>(blob->bytes.data());
  EXPECT_EQ(std::string(bytes + 1, 5), "NUMPY");
  EXPECT_THAT(std::string(bytes + 10, 100), HasSubstr("'shape': (10, 2)"));
  float last = 0;
  std::memcpy(&last, bytes + member->size - 4 * 2 * 10 + 4, 4);
  EXPECT_EQ(last, 1.5F);
  for (const auto& each : archive->members()) EXPECT_TRUE(archive->read(each, 1 << 20)) << each.name;
}

TEST_F(BatchQueryTest, ParquetNeedsArrow) {
  const auto rows = export_batch(query(), BatchFormat::Parquet, folder / "out.parquet");
  EXPECT_EQ(rows.has_value(), has_parquet());
  if (!rows) {
    EXPECT_THAT(rows.error().message(), HasSubstr("without Arrow"));
  }
}

TEST_F(BatchQueryTest, ReportsAreWholeFiles) {
  const auto report = make_batch_report(query(), {0});
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_TRUE(write_report_html(*report, folder / "report.html"));
  ASSERT_TRUE(write_report_pdf(*report, folder / "report.pdf"));
  const std::string html = content(folder / "report.html"), pdf = content(folder / "report.pdf");
  EXPECT_THAT(html, HasSubstr("Accuracy by class"));
  EXPECT_THAT(html, testing::Not(HasSubstr("src=\"http")));
  EXPECT_TRUE(pdf.starts_with("%PDF-"));
  EXPECT_THAT(pdf, HasSubstr("%%EOF"));
}

TEST_F(BatchQueryTest, TalliesCountByClassAndConfidence) {
  BatchFilter second;
  second.model = 1;
  const auto tallies = query().tallies(second, 10);
  ASSERT_TRUE(tallies);
  EXPECT_EQ(tallies->all.right, 3);
  EXPECT_EQ(tallies->all.wrong, 1);
  ASSERT_EQ(tallies->by_label.size(), 3u);
  EXPECT_EQ(tallies->by_label[0].right, 2);
  EXPECT_EQ(tallies->by_label[1].wrong, 1) << "the third image is taken for an x";
  EXPECT_EQ(tallies->by_label[2].rows(), 0);
  ASSERT_EQ(tallies->by_confidence.size(), 10u);
  EXPECT_EQ(tallies->by_confidence[9].right, 1);
  EXPECT_EQ(tallies->by_confidence[2].right, 1);
  std::int64_t counted = 0;
  for (const auto& part : tallies->by_confidence) counted += part.rows();
  EXPECT_EQ(counted, 4) << "the broken image has no confidence";
  EXPECT_FALSE(query().tallies({}, 0));
}

}  // namespace
}  // namespace orderscope
