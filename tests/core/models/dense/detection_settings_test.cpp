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

TEST(DetectionSettings, AreReadFromTheConfigInACheckpoint) {
  // reference: mmcv's Config.pretty_text of a Mask R-CNN.
  const auto told = detection_settings_in(R"(model = dict(
    type='MaskRCNN',
    rpn_head=dict(bbox_coder=dict(type='DeltaXYWHBBoxCoder', target_stds=[1.0, 1.0, 1.0, 1.0])),
    roi_head=dict(
        bbox_roi_extractor=dict(type='SingleRoIExtractor', featmap_strides=[4, 8, 16, 32], finest_scale=28),
        mask_roi_extractor=dict(type='SingleRoIExtractor', featmap_strides=[4, 8, 16, 32], finest_scale=28)),
    train_cfg=dict(rcnn=dict(assigner=dict(pos_iou_thr=0.5))),
    test_cfg=dict(
        rpn=dict(nms_pre=500, max_per_img=300, nms=dict(type='nms', iou_threshold=0.6), min_bbox_size=0),
        rcnn=dict(score_thr=0.2, nms=dict(type='nms', iou_threshold=0.4), max_per_img=50, mask_thr_binary=0.3)))
test_cfg = dict(type='TestLoop')
)");
  ASSERT_TRUE(told) << told.error().message();
  ASSERT_TRUE(*told);
  DetectionSettings expected;
  expected.finest_scale = 28;
  expected.rpn = {500, 300, 0.6, false, 0};
  expected.rcnn = {0.2, 0.4, false, 50, 0.3};
  EXPECT_EQ(**told, expected);
}

TEST(DetectionSettings, OlderConfigsHaveThemBesideTheModel) {
  const auto told = detection_settings_in("model = dict(type='MaskRCNN')\ntest_cfg = dict(rcnn=dict(score_thr=0.3))");
  ASSERT_TRUE(told && *told);
  EXPECT_EQ((*told)->rcnn.score_thr, 0.3);
  EXPECT_EQ((*told)->rpn, RpnSettings());
}

TEST(DetectionSettings, AConfigMaySayNothingOrWhatCannotBeUsed) {
  for (const char* config : {"", "model = dict(test_cfg=dict(mode='slide'))", "model = 5", "model = dict(test_cfg=[1])",
                             "model = load('x')", "model = dict(roi_head=[1], test_cfg=dict(rpn=None))"}) {
    const auto told = detection_settings_in(config);
    ASSERT_TRUE(told) << config;
    EXPECT_FALSE(*told) << config;
  }
  for (const char* config :
       {"model = dict(test_cfg=dict(rcnn=dict(nms=dict(type='soft_nms'))))", "model = dict(test_cfg=dict(rpn=[1]))",
        "model = dict(test_cfg=dict(rcnn=dict(score_thr=1 / 20)))",
        "model = dict(test_cfg=dict(rcnn=dict(score_thr=9)))",
        "model = dict(roi_head=dict(bbox_roi_extractor=dict(finest_scale=28), mask_roi_extractor=dict(type='x')))"})
    EXPECT_FALSE(detection_settings_in(config)) << config;
}

TEST(DetectionSettings, AConfigOfAnotherDetectorIsToldApart) {
  EXPECT_TRUE(check_detection_config("", 3));
  EXPECT_TRUE(check_detection_config(R"(model = dict(roi_head=dict(
      bbox_roi_extractor=dict(roi_layer=dict(type='RoIAlign', output_size=7, sampling_ratio=0)),
      bbox_head=[dict(bbox_coder=dict(target_stds=[0.1, 0.1, 0.2, 0.2])),
                 dict(bbox_coder=dict(target_stds=[0.05, 0.05, 0.1, 0.1])),
                 dict(bbox_coder=dict(target_stds=[0.033, 0.033, 0.067, 0.067]))],
      mask_roi_extractor=dict(roi_layer=dict(output_size=14))))))",
                                     3));
  for (const char* config :
       {"model = dict(roi_head=dict(bbox_head=dict(bbox_coder=dict(target_stds=[0.2, 0.2, 0.2, 0.2]))))",
        "model = dict(rpn_head=dict(bbox_coder=dict(target_stds=[0.1, 0.1, 0.2, 0.2])))",
        "model = dict(roi_head=dict(mask_roi_extractor=dict(roi_layer=dict(output_size=28))))",
        "model = dict(roi_head=dict(bbox_roi_extractor=dict(roi_layer=dict(sampling_ratio=2))))"})
    EXPECT_FALSE(check_detection_config(config, 1)) << config;
}

}  // namespace
}  // namespace orderscope
