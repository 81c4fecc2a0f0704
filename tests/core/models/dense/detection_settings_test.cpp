// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/detection_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

Result<DetectionSettings> read(const std::string& text) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(write_file(folder / "test.json", text));
  return read_detection_settings(folder / "test.json");
}

TEST(DetectionSettings, KeepsWhatIsNotSet) {
  const auto settings = read(R"({"finest_scale": 10, "rpn": {"nms_pre": 80, "nms": {"type": "nms"}}})");
  ASSERT_TRUE(settings) << settings.error().message();
  DetectionSettings expected;
  expected.finest_scale = 10;
  expected.rpn.nms_pre = 80;
  EXPECT_EQ(*settings, expected);
}

TEST(DetectionSettings, FindsThemInAnMmdetConfig) {
  const auto settings = read(R"({"config": {"classes": 5, "finest_scale": 12, "test_cfg": {
      "rpn": {"max_per_img": 7, "nms_post": 3, "nms": {"iou_threshold": 0.6}},
      "rcnn": {"score_thr": 0.1, "nms": {"type": "nms", "iou_threshold": 0.4}, "max_per_img": 9}}}})");
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->finest_scale, 12);
  EXPECT_EQ(settings->rpn.max_per_img, 7);
  EXPECT_EQ(settings->rpn.iou_threshold, 0.6);
  EXPECT_EQ(settings->rcnn.score_thr, 0.1);
  EXPECT_EQ(settings->rcnn.max_per_img, 9);
}

TEST(DetectionSettings, OlderNamesAndNoLimitsMeanWhatTheyMeanInMmdetection) {
  const auto settings = read(R"({"rpn": {"nms_pre": -1, "max_num": 9, "nms_thr": 0.6, "min_bbox_size": -1},
      "rcnn": {"nms": {"type": "nms", "iou_thr": 0.3, "class_agnostic": true}, "max_per_img": -1}})");
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->rpn.nms_pre, -1);
  EXPECT_EQ(settings->rpn.max_per_img, 9);
  EXPECT_EQ(settings->rpn.iou_threshold, 0.6);
  EXPECT_EQ(settings->rpn.min_bbox_size, -1);
  EXPECT_EQ(settings->rcnn.iou_threshold, 0.3);
  EXPECT_TRUE(settings->rcnn.class_agnostic);
  EXPECT_FALSE(settings->rpn.class_agnostic);
  EXPECT_EQ(settings->rcnn.max_per_img, -1);
}

TEST(DetectionSettings, SaysWhatIsWrong) {
  using testing::HasSubstr;
  const auto error_of = [](const std::string& text) {
    const auto settings = read(text);
    return settings ? std::string() : settings.error().message();
  };
  EXPECT_THAT(error_of("[1"), HasSubstr("no JSON"));
  EXPECT_THAT(error_of("[1]"), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of("{}"), HasSubstr("none of"));
  EXPECT_THAT(error_of(R"({"finest_scale": 0})"), HasSubstr("out of range"));
  EXPECT_THAT(error_of(R"({"rpn": {"nms_pre": 1.5}})"), HasSubstr("rpn.nms_pre"));
  EXPECT_THAT(error_of(R"({"rpn": {"nms_pree": 1}})"), HasSubstr("nms_pree"));
  EXPECT_THAT(error_of(R"({"rcnn": {"nms": {"type": "soft_nms"}}})"), HasSubstr("soft_nms"));
  EXPECT_THAT(error_of(R"({"rcnn": {"score_thr": "high"}})"), HasSubstr("rcnn.score_thr"));
  EXPECT_THAT(error_of(R"({"rcnn": []})"), HasSubstr("no object"));
}

}  // namespace
}  // namespace orderscope
