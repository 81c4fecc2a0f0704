// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/segmentation_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

TEST(LabelRule, ReducesTheZeroLabelAsMmsegmentation) {
  const LabelRule ade;
  EXPECT_EQ(ade(0), 255);
  EXPECT_EQ(ade(1), 0);
  EXPECT_EQ(ade(150), 149);
  EXPECT_EQ(ade(255), 255);
  const LabelRule plain{false};
  EXPECT_EQ(plain(0), 0);
  EXPECT_EQ(plain(255), 255);
}

TEST(SegmentationReport, IsMmsegmentationsIntersectionOverUnion) {
  // By hand: class 0 both 2, labelled 3, predicted 2; class 1 both 1, labelled 1, predicted 3; class 2 nowhere; one
  // pixel labelled with a class that the model has not.
  SegmentationReport report(3);
  const std::vector<std::int32_t> stored{1, 1, 1, 2, 0, 9}, predicted{0, 0, 1, 1, 0, 1};
  ASSERT_TRUE(report.add(predicted, stored, {}));
  EXPECT_DOUBLE_EQ(SegmentationReport::iou(report.classes()[0]), 2.0 / 3);
  EXPECT_DOUBLE_EQ(SegmentationReport::iou(report.classes()[1]), 1.0 / 3);
  EXPECT_TRUE(std::isnan(SegmentationReport::iou(report.classes()[2])));
  EXPECT_DOUBLE_EQ(report.mean_iou(), 0.5);
  EXPECT_DOUBLE_EQ(report.mean_accuracy(), (2.0 / 3 + 1) / 2);
  EXPECT_DOUBLE_EQ(report.pixel_accuracy(), 0.75);
  EXPECT_EQ(report.pixels(), 5);
  EXPECT_EQ(report.unknown(), 1);
  EXPECT_FALSE(report.add(predicted, std::vector<std::int32_t>{1}, {}));
  EXPECT_TRUE(std::isnan(SegmentationReport(2).mean_iou()));
}

TEST(AnnotatedFolder, PairsPicturesAndAnnotationsByName) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(open_annotated_folder(folder.path()));
  for (const char* name : {"images/val/b.jpg", "images/val/a.jpg", "images/c.png", "annotations/val/a.png",
                           "annotations/val/b.png", "annotations/d.png"}) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << "x";
  }
  const auto set = open_annotated_folder(folder.path());
  ASSERT_TRUE(set) << set.error().message();
  ASSERT_EQ(set->files.size(), 2u);
  EXPECT_EQ(set->files[0].image, folder / "images/val/a.jpg");
  EXPECT_EQ(set->files[1].annotation, folder / "annotations/val/b.png");
  EXPECT_EQ(set->without.size(), 1u);
}

}  // namespace
}  // namespace orderscope
