// SPDX-License-Identifier: GPL-3.0-or-later
// Batch runs of segmenters and detectors, alone and beside a classifier.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/image/image.h"
#include "core/image/png.h"
#include "core/run/batch_export.h"
#include "core/run/batch_report.h"
#include "tests/core/run/batch_set.h"
#include "tests/horfpn.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

/// Pictures of several shapes, and one that a network cannot take.
void write_pictures(const test::TemporaryFolder& folder) {
  std::filesystem::create_directories(folder / "images");
  int n = 0;
  for (const auto& [width, height] : {std::pair{96, 64}, std::pair{64, 90}, std::pair{70, 70}, std::pair{400, 2}}) {
    Image picture{width, height, {}};
    for (int i = 0; i < 3 * width * height; ++i)
      picture.rgb.push_back(static_cast<std::uint8_t>((i * (37 + n) + i / 91 * 5) % 251));
    ASSERT_TRUE(write_png(folder / ("images/" + std::to_string(n++) + ".png"), picture));
  }
}

struct DenseBatch : testing::Test {
  void SetUp() override { write_pictures(folder); }

  BatchConfig config(const std::vector<std::filesystem::path>& models) const {
    BatchConfig all;
    for (const auto& path : models) all.models.push_back({path, {}});
    all.images = {folder / "images"};
    all.size = 64;
    all.batch = 3;
    all.chunk = 3;
    return all;
  }

  test::TemporaryFolder folder;
};

int version_of(const std::filesystem::path& run) {
  // The database's header, https://www.sqlite.org/fileformat.html 1.3: user_version is the big-endian number at 60.
  std::ifstream stream(run / "store.sqlite", std::ios::binary);
  std::array<unsigned char, 100> header{};
  stream.read(reinterpret_cast<char*>(header.data()), header.size());
  return header[62] << 8 | header[63];
}

TEST_F(DenseBatch, ASegmentersClassesAreKeptAndTheLargestIsExplained) {
  BatchConfig settings = config({*test::dense_golden("upernet_small_gf/checkpoint.pth")});
  settings.maps = {"orders", "cam"};
  const auto done = run_batch(folder / "run", settings);
  ASSERT_TRUE(done) << done.error().message();
  const auto query = BatchQuery::open(folder / "run");
  ASSERT_TRUE(query) << query.error().message();
  ASSERT_TRUE(query->has_regions());
  const auto content = test::content_of(folder / "run");
  ASSERT_EQ(content.entries.size(), 4u);
  for (const auto& [key, entry] : content.entries) {
    const auto regions = query->regions(entry.row.id);
    ASSERT_TRUE(regions) << regions.error().message();
    if (entry.row.path.ends_with("3.png")) {
      EXPECT_THAT(entry.row.note, HasSubstr("vanishes"));
      EXPECT_TRUE(regions->empty());
      continue;
    }
    EXPECT_EQ(entry.row.note, "");
    ASSERT_FALSE(regions->empty());
    EXPECT_EQ(entry.row.predicted, regions->front().class_index);
    double share = 0, score = 0;
    for (std::size_t i = 0; i < regions->size(); ++i) {
      const BatchRegion& r = (*regions)[i];
      if (i > 0) {
        EXPECT_GE((*regions)[i - 1].pixels, r.pixels);
      }
      EXPECT_FLOAT_EQ(entry.figures.at("area." + std::to_string(r.class_index)), static_cast<float>(r.share));
      EXPECT_FALSE(r.box);
      share += r.share;
      score += r.share * r.score;
    }
    EXPECT_NEAR(share, 1, 1e-9);
    EXPECT_EQ(entry.figures.at("regions.count"), static_cast<float>(regions->size()));
    EXPECT_NEAR(entry.figures.at("regions.mean_score"), score, 1e-5);
    EXPECT_GT(entry.figures.at("stages.2.0.gate.2.energy"), 0);
    EXPECT_NE(entry.figures.at("stages.3.0.gate.1.contribution"), 0);
    EXPECT_TRUE(entry.maps.contains("cam"));
    EXPECT_TRUE(entry.maps.contains("stages.3.0.gnconv.gate.1"));
  }
}

TEST_F(DenseBatch, ADetectorsBoxesAreKept) {
  const auto done = run_batch(folder / "run", config({*test::dense_golden("maskrcnn_small/checkpoint.pth")}));
  ASSERT_TRUE(done) << done.error().message();
  const auto query = BatchQuery::open(folder / "run");
  ASSERT_TRUE(query) << query.error().message();
  std::size_t boxes = 0;
  for (const auto& [key, entry] : test::content_of(folder / "run").entries) {
    const auto regions = query->regions(entry.row.id);
    ASSERT_TRUE(regions);
    EXPECT_EQ(entry.figures.at("regions.count"), static_cast<float>(regions->size()));
    if (regions->empty()) {
      EXPECT_EQ(entry.row.note, "nothing was found");
      EXPECT_FALSE(entry.row.predicted);
      continue;
    }
    boxes += regions->size();
    EXPECT_FLOAT_EQ(static_cast<float>(entry.row.confidence), static_cast<float>(regions->front().score));
    EXPECT_TRUE(std::isfinite(entry.figures.at("stages.3.0.gate.1.contribution")));
    EXPECT_TRUE(entry.figures.contains("cam.high"));
    for (std::size_t i = 0; i < regions->size(); ++i) {
      const BatchRegion& r = (*regions)[i];
      if (i > 0) {
        EXPECT_GE((*regions)[i - 1].score, r.score);
      }
      ASSERT_TRUE(r.box);
      EXPECT_LE((*r.box)[2], static_cast<float>(entry.row.width) + 0.01F);
      EXPECT_LE((*r.box)[3], static_cast<float>(entry.row.height) + 0.01F);
      EXPECT_LE(r.share, 1);
    }
  }
  EXPECT_GT(boxes, 3u);
}

TEST_F(DenseBatch, ReportsShowWhatIsPredictedInTheSurestAndLeastSurePictures) {
  for (const char* name : {"upernet_small_gf", "maskrcnn_small"}) {
    const auto run = folder / name;
    ASSERT_TRUE(run_batch(run, config({*test::dense_golden(name + std::string("/checkpoint.pth"))})));
    const auto query = BatchQuery::open(run);
    ASSERT_TRUE(query) << query.error().message();
    const auto report = make_batch_report(*query, {2});
    ASSERT_TRUE(report) << report.error().message();
    std::size_t predictions = 0, explained = 0;
    for (const ReportPart& part : report->parts) {
      if (part.kind != ReportPart::Kind::Picture || !part.photo) continue;
      if (part.text.starts_with("explained: ")) {
        ++explained;
        continue;
      }
      ++predictions;
      EXPECT_THAT(part.text, testing::StartsWith("checkpoint: "));
      // The classes' colours, or boxes with names, lie over the picture: it is no longer one of those written above.
      EXPECT_LE(std::max(part.picture.width, part.picture.height), 640);
      for (int n = 0; n < 3; ++n) {
        const auto photo = decode_image(folder / ("images/" + std::to_string(n) + ".png"), ExifOrientation::Apply);
        ASSERT_TRUE(photo);
        EXPECT_NE(part.picture.rgb, photo->image.rgb);
      }
    }
    EXPECT_EQ(predictions, 2u) << name;
    EXPECT_EQ(explained, 2u) << name;
    ASSERT_TRUE(write_report_html(*report, run / "report.html"));
    EXPECT_THAT(*read_text_file(run / "report.html"), HasSubstr("The surest and the least sure pictures"));
  }
}

TEST_F(DenseBatch, ExportsHoldTheRegions) {
  ASSERT_TRUE(run_batch(folder / "run", config({*test::dense_golden("maskrcnn_small/checkpoint.pth"),
                                                test::small_checkpoint("hornet_7x7")})));
  EXPECT_EQ(version_of(folder / "run"), 2);
  const auto query = BatchQuery::open(folder / "run");
  ASSERT_TRUE(query);
  ASSERT_TRUE(export_batch(*query, BatchFormat::Jsonl, folder / "rows.jsonl"));
  std::ifstream lines(folder / "rows.jsonl");
  std::size_t rows = 0, regions = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    const auto json = nlohmann::json::parse(line);
    if (json["model"] == "official") {
      EXPECT_TRUE(json["regions"].empty());
    }
    regions += json["regions"].size();
    for (const auto& region : json["regions"]) EXPECT_EQ(region["box"].size(), 4u);
  }
  EXPECT_EQ(rows, 8u);
  const auto count = export_batch_regions(*query, folder / "regions.csv");
  ASSERT_TRUE(count) << count.error().message();
  EXPECT_EQ(static_cast<std::size_t>(*count), regions);
  const auto csv = read_text_file(folder / "regions.csv");
  ASSERT_TRUE(csv);
  std::string_view rest = *csv;
  EXPECT_EQ(next_csv_record(rest).size(), 13u);
  EXPECT_EQ(next_csv_record(rest).size(), 13u);
  // In every export figures are columns.
  ASSERT_TRUE(export_batch(*query, BatchFormat::Csv, folder / "rows.csv"));
  EXPECT_THAT(read_text_file(folder / "rows.csv").value(), HasSubstr("regions.mean_score"));
}

TEST_F(DenseBatch, OfClassifiersNothingChanges) {
  ASSERT_TRUE(run_batch(folder / "run", config({test::small_checkpoint("hornet_7x7")})));
  EXPECT_EQ(version_of(folder / "run"), 1);
  const auto query = BatchQuery::open(folder / "run");
  ASSERT_TRUE(query);
  EXPECT_FALSE(query->has_regions());
  EXPECT_FALSE(export_batch_regions(*query, folder / "regions.csv"));
  EXPECT_EQ(query->config_json().find("align_corners"), std::string::npos);
}

TEST_F(DenseBatch, AlignedCornersAreASetting) {
  const auto path = test::write_horfpn(folder.path(), /*filter=*/false);
  std::array<test::StoreContent, 2> content;
  for (const bool align : {false, true}) {
    BatchConfig settings = config({path});
    settings.align_corners = align;
    const auto run = folder / (align ? "aligned" : "plain");
    const auto done = run_batch(run, settings);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_TRUE(resume_batch(run));
    content[align ? 1 : 0] = test::content_of(run);
  }
  const std::string gate = "decode_head.fpn_bottleneck.gate.2.energy";
  const auto& plain = content[0].entries.begin()->second.figures;
  const auto& aligned = content[1].entries.begin()->second.figures;
  EXPECT_TRUE(std::isfinite(plain.at(gate)));
  EXPECT_NE(plain.at(gate), aligned.at(gate));
}

TEST_F(DenseBatch, ShardsComeTogether) {
  const BatchConfig settings = config({*test::dense_golden("upernet_small_gf/checkpoint.pth")});
  ASSERT_TRUE(run_batch(folder / "whole", settings));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(run_batch(folder / "split", settings, {i, 2}));
  ASSERT_TRUE(merge_shards(folder / "split"));
  const auto whole = BatchQuery::open(folder / "whole"), merged = BatchQuery::open(folder / "split");
  ASSERT_TRUE(whole && merged);
  for (std::int64_t row = 0; row < 4; ++row) {
    const auto a = whole->regions(row), b = merged->regions(row);
    ASSERT_TRUE(a && b);
    ASSERT_EQ(a->size(), b->size());
    for (std::size_t i = 0; i < a->size(); ++i) EXPECT_EQ((*a)[i].pixels, (*b)[i].pixels);
  }
}

}  // namespace
}  // namespace orderscope
