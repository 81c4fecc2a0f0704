// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/dataset/coco.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/golden.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

TEST(Coco, ReadsPolygonsAndRuns) {
  const auto set = read_coco(test::golden("coco_ap/truth.json"));
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_EQ(set->images.size(), 14u);
  ASSERT_EQ(set->categories.size(), 4u);
  EXPECT_EQ(set->categories[2].name, "spoon");
  int crowds = 0;
  for (const CocoAnnotation& annotation : set->annotations) {
    ASSERT_TRUE(annotation.mask);
    // The file's areas are pycocotools' of the same polygons.
    EXPECT_EQ(static_cast<double>(annotation.mask->area()), annotation.area);
    crowds += annotation.crowd;
  }
  EXPECT_EQ(crowds, 1);
}

TEST(Coco, SaysWhatIsWrong) {
  const test::TemporaryFolder folder;
  const auto error_of = [&](const std::string& text) {
    EXPECT_TRUE(write_file(folder.path() / "bad.json", text));
    const auto set = read_coco(folder.path() / "bad.json");
    return set ? std::string() : set.error().message();
  };
  using testing::HasSubstr;
  EXPECT_THAT(error_of("nonsense"), HasSubstr("no JSON"));
  EXPECT_THAT(error_of("{}"), HasSubstr("images"));
  EXPECT_THAT(error_of(R"({"images": [{"id": 1, "file_name": "a", "height": 0, "width": 4}]})"), HasSubstr("0 x 4"));
  const std::string start = R"({"images": [{"id": 1, "file_name": "a", "height": 4, "width": 4}],
                                "categories": [{"id": 1, "name": "cup"}], "annotations": [)";
  EXPECT_THAT(error_of(start + R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1],
                                   "segmentation": [[1, 2]]}]})"),
              testing::AllOf(HasSubstr("annotation 0"), HasSubstr("corners")));
  EXPECT_THAT(error_of(start + R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1],
                                   "segmentation": {"size": [4, 4], "counts": [3]}}]})"),
              HasSubstr("3 pixels"));
  EXPECT_TRUE(write_file(folder.path() / "bad.json",
                         start + R"({"id": 1, "image_id": 2, "category_id": 1, "bbox": [0, 0, 1, 1]}]})"));
  const auto stranger = read_coco(folder.path() / "bad.json");
  ASSERT_TRUE(stranger);
  EXPECT_TRUE(stranger->annotations.empty());
  EXPECT_EQ(stranger->warnings.size(), 1u);
}

}  // namespace
}  // namespace orderscope
