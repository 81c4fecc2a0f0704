// SPDX-License-Identifier: GPL-3.0-or-later
// Whole detectors against mmdetection 2.28.2 with the official HorNet. Tolerances are the fixtures' own; "maps" do not
// hang on box coordinates, "RoI arrays" carry their noise.
#include "core/analysis/detect.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "core/base/files.h"
#include "core/checkpoint/npy.h"
#include "core/checkpoint/safetensors.h"
#include "core/models/backbone.h"
#include "core/models/dense/boxes.h"
#include "core/models/dense/detector.h"
#include "tests/shared_golden.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

struct Recording : Taps {
  std::map<std::string, at::Tensor> seen;
  bool wants(const std::string&) const override { return true; }
  at::Tensor tap(const std::string& name, at::Tensor x) override {
    seen[name] = x.detach().clone();
    return x;
  }
};

struct Fixture {
  explicit Fixture(const std::string& name) : name(name) {
    const auto checkpoint = test::golden_or_shared("dense/" + name + "/checkpoint.pth");
    if (!checkpoint) return;
    auto loaded = load_model(*checkpoint);
    EXPECT_TRUE(loaded) << loaded.error().message();
    if (loaded) model = *loaded;
    std::ifstream stream(*test::golden_or_shared("dense/" + name + "/manifest.json"));
    manifest = nlohmann::json::parse(stream);
    settings = *read_detection_settings(*test::golden_or_shared("dense/" + name + "/manifest.json"));
    const auto size = [&](const char* key) {
      return PixelSize{manifest.at("image").at(key)[0], manifest.at("image").at(key)[1]};
    };
    frame = {size("img_shape"), size("original")};
  }

  /// Undefined where the data at hand do not have it.
  at::Tensor array(const std::string& file) const {
    const auto path = test::golden_or_shared("dense/" + name + "/" + file + ".npy");
    return path ? *read_npy(*path) : at::Tensor();
  }

  bool cascade() const { return name.starts_with("cascade"); }

  std::string name;
  std::shared_ptr<const Model> model;
  nlohmann::json manifest;
  DetectionSettings settings;
  DetectionFrame frame;
};

/// Our name for a stored array; empty for what is no tap.
std::string tap_of(const std::string& file, bool cascade) {
  std::smatch m;
  const auto number = [&](int less) { return std::to_string(std::stoi(m[1]) - less); };
  const auto head = [&](const std::string& kind) { return "roi_head." + kind + (cascade ? "." + number(1) : ""); };
  if (std::regex_match(file, m, std::regex("backbone_s(\\d)"))) return "norm" + number(1);
  if (file == "fpn_p6") return "neck.p6";
  if (std::regex_match(file, m, std::regex("fpn_p(\\d)"))) return "neck.fpn_convs." + number(2);
  if (std::regex_match(file, m, std::regex("rpn_(?:cls|reg)_p(\\d)")))
    return "rpn_head." + file.substr(0, 7) + ".p" + number(0);
  if (file == "proposals") return "rpn_head.proposals";
  if (std::regex_match(file, m, std::regex("rois_(\\d)"))) return head("bbox_head") + ".rois";
  if (std::regex_match(file, m, std::regex("bbox_roi_feats_(\\d)"))) return head("bbox_head") + ".roi_feats";
  if (std::regex_match(file, m, std::regex("bbox_cls_(\\d)"))) return head("bbox_head") + ".fc_cls";
  if (std::regex_match(file, m, std::regex("bbox_reg_(\\d)"))) return head("bbox_head") + ".fc_reg";
  if (file == "final_cls_score") return "roi_head.cls_score";
  if (file == "mask_rois") return "roi_head.mask_rois";
  if (file == "mask_roi_feats_1") return "roi_head.mask_roi_feats";
  if (std::regex_match(file, m, std::regex("mask_logits_(\\d)"))) return head("mask_head") + ".logits";
  if (file == "mask_prob_28") return "roi_head.mask_prob";
  return {};
}

double tolerance_of(const std::string& file, double largest) {
  const double scale = std::max(1.0, largest);
  if (file.starts_with("backbone") || file.starts_with("fpn") || file.starts_with("rpn")) return 5e-5 * scale;
  if (file == "proposals" || file.find("rois") != std::string::npos) return 2e-3;  // pixels
  if (file == "mask_prob_28") return 5e-4;
  return 5e-4 * scale;
}

const std::vector<std::string> kArrays{
    "backbone_s1",      "backbone_s2",      "backbone_s3",     "backbone_s4", "fpn_p2",           "fpn_p3",
    "fpn_p4",           "fpn_p5",           "fpn_p6",          "rpn_cls_p2",  "rpn_reg_p2",       "rpn_cls_p3",
    "rpn_reg_p3",       "rpn_cls_p4",       "rpn_reg_p4",      "rpn_cls_p5",  "rpn_reg_p5",       "rpn_cls_p6",
    "rpn_reg_p6",       "proposals",        "rois_1",          "rois_2",      "rois_3",           "bbox_roi_feats_1",
    "bbox_roi_feats_2", "bbox_roi_feats_3", "bbox_cls_1",      "bbox_cls_2",  "bbox_cls_3",       "bbox_reg_1",
    "bbox_reg_2",       "bbox_reg_3",       "final_cls_score", "mask_rois",   "mask_roi_feats_1", "mask_logits_1",
    "mask_prob_28"};

class SmallDetectors : public testing::TestWithParam<std::string> {};

TEST_P(SmallDetectors, EqualMmdetection) {
  const Fixture fixture(GetParam());
  if (!fixture.model) GTEST_SKIP() << "without the complete reference data";
  Recording taps;
  const auto detections = detect(*fixture.model, fixture.array("input"), fixture.frame, {fixture.settings, &taps});
  ASSERT_TRUE(detections) << detections.error().message();

  for (const std::string& file : kArrays) {
    const at::Tensor expected = fixture.array(file);
    if (!expected.defined()) continue;
    const std::string tap = tap_of(file, fixture.cascade());
    ASSERT_TRUE(taps.seen.contains(tap)) << tap;
    const at::Tensor found = taps.seen.at(tap).slice(0, 0, expected.size(0));
    EXPECT_LT(test::max_abs_difference(found, expected), tolerance_of(file, expected.abs().max().item<double>()))
        << file;
  }

  const at::Tensor boxes = fixture.array("det_bboxes"), labels = fixture.array("det_labels").to(at::kLong);
  ASSERT_EQ(static_cast<std::int64_t>(detections->found.size()), boxes.size(0));
  for (std::int64_t i = 0; i < boxes.size(0); ++i) {
    const Detection& one = detections->found[static_cast<std::size_t>(i)];
    for (int k = 0; k < 4; ++k) EXPECT_NEAR(one.box[static_cast<std::size_t>(k)], boxes[i][k].item<float>(), 2e-3);
    EXPECT_NEAR(one.score, boxes[i][4].item<float>(), 2e-4);
    EXPECT_EQ(one.label, labels[i].item<std::int64_t>());
  }

  const at::Tensor masks = fixture.array("masks_u8");
  std::int64_t different = 0;
  for (std::int64_t i = 0; i < masks.size(0); ++i) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(masks[i].numel()));
    decode_mask(*detections->found[static_cast<std::size_t>(i)].mask, pixels);
    different += (at::tensor(pixels, at::kByte).view_as(masks[i]) != masks[i]).sum().item<std::int64_t>();
  }
  EXPECT_LE(different, fixture.manifest.at("mask_pixels_within_1e_3_of_threshold"));
}

TEST_P(SmallDetectors, GradientsOfABoxScoreEqualMmdetection) {
  const Fixture fixture(GetParam());
  if (!fixture.model || !fixture.array("rois_1").defined()) GTEST_SKIP() << "without the complete reference data";
  const auto cam = fixture.manifest.at("cam");
  Detection detection;
  detection.label = cam.at("cls");
  for (int stage = 1; stage <= (fixture.cascade() ? 3 : 1); ++stage) {
    const at::Tensor roi = fixture.array("rois_" + std::to_string(stage))[cam.at("proposal").get<std::int64_t>()];
    Box& box = detection.rois.emplace_back();
    for (int k = 0; k < 4; ++k) box[static_cast<std::size_t>(k)] = roi[k + 1].item<float>();
  }
  const auto target = box_target(fixture.model, detection, fixture.settings);
  ASSERT_TRUE(target);
  auto trace = Trace::forward(fixture.model->backbone, fixture.array("input"),
                              {Probe::record_gradient("neck.fpn_convs.*,norm2,norm3")});
  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_NEAR(target->score(trace->output()).item<float>(), cam.at("score").get<float>(), 2e-4);
  const auto done = trace->backward(*target);
  ASSERT_TRUE(done) << done.error().message();
  for (const auto& [file, tap] : std::map<std::string, std::string>{
           {"grad_fpn_p3", "neck.fpn_convs.1"}, {"grad_backbone_s3", "norm2"}, {"grad_backbone_s4", "norm3"}}) {
    const at::Tensor expected = fixture.array("cam/" + file);
    EXPECT_LT(test::max_abs_difference(trace->gradient_result(0, tap), expected),
              5e-4 * expected.abs().max().item<double>())
        << file;
  }
  // The RoIs of all stages are read from p3, so no other level is reached.
  EXPECT_EQ(*levels_read(*fixture.model, detection, fixture.settings), std::vector<std::string>{"neck.fpn_convs.1"});
  for (const char* other : {"neck.fpn_convs.0", "neck.fpn_convs.2"}) {
    const at::Tensor gradient = trace->gradient_result(0, other);
    EXPECT_TRUE(!gradient.defined() || gradient.abs().max().item<float>() == 0) << other;
  }
}

TEST_P(SmallDetectors, TapNamesAreWhatPassesBy) {
  const Fixture fixture(GetParam());
  if (!fixture.model) GTEST_SKIP() << "without the complete reference data";
  Recording taps;
  ASSERT_TRUE(detect(*fixture.model, fixture.array("input"), fixture.frame, {fixture.settings, &taps}));
  std::vector<std::string> seen, names = fixture.model->backbone->tap_names();
  for (const auto& [name, tensor] : taps.seen) seen.push_back(name);
  for (const std::string& name : dynamic_cast<const Detector&>(*fixture.model->backbone).roi_tap_names())
    names.push_back(name);
  EXPECT_THAT(seen, testing::UnorderedElementsAreArray(names));
}

INSTANTIATE_TEST_SUITE_P(, SmallDetectors, testing::Values("maskrcnn_small", "cascade_small"),
                         [](const auto& info) { return info.param; });

TEST(Detect, AnImageWithoutDetectionIsNoError) {
  Fixture fixture("maskrcnn_small");
  fixture.settings.rcnn.score_thr = 1;
  Recording taps;
  const auto none = detect(*fixture.model, fixture.array("input"), fixture.frame, {fixture.settings, &taps});
  ASSERT_TRUE(none) << none.error().message();
  EXPECT_TRUE(none->found.empty());
  EXPECT_EQ(none->proposals, 12);
  EXPECT_EQ(taps.seen.at("roi_head.mask_prob").size(0), 0);

  // No proposal either.
  fixture.settings.rpn.min_bbox_size = 5000;
  const auto nothing = detect(*fixture.model, fixture.array("input"), fixture.frame, {fixture.settings, &taps});
  ASSERT_TRUE(nothing) << nothing.error().message();
  EXPECT_EQ(nothing->proposals, 0);
}

/// The cascade with one box for all classes, that of its first class, and without masks.
TEST(Detect, ClassAgnosticBoxesWithoutMasks) {
  const Fixture fixture("cascade_small");
  if (!fixture.model) GTEST_SKIP() << "without the complete reference data";
  StateDict weights;
  for (const auto& p : fixture.model->backbone->named_parameters()) {
    if (p.key().starts_with("roi_head.mask_head.")) continue;
    const bool deltas = p.key().find(".fc_reg.") != std::string::npos;
    weights.push_back({p.key(), (deltas ? p.value().slice(0, 0, 4) : p.value()).contiguous()});
  }
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_safetensors(folder / "agnostic.safetensors", weights));
  const auto model = load_model(folder / "agnostic.safetensors");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->dense->name(), "Cascade R-CNN");
  EXPECT_TRUE((*model)->dense->box_heads.back().class_agnostic);

  Recording taps;
  const auto found = detect(**model, fixture.array("input"), fixture.frame, {fixture.settings, &taps});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_FALSE(found->has_masks);
  ASSERT_FALSE(found->found.empty());
  // Every proposal has moved by the deltas of the first class, whatever its best class is.
  const at::Tensor moved =
      decode_deltas(fixture.array("rois_1").slice(1, 1), fixture.array("bbox_reg_1").slice(1, 0, 4),
                    {0.1F, 0.1F, 0.2F, 0.2F}, fixture.frame.resized);
  EXPECT_LT(test::max_abs_difference(taps.seen.at("roi_head.bbox_head.1.rois").slice(1, 1), moved), 2e-3);
}

TEST(Detect, TakesImagesOfAnySizeAndOfNothingButNan) {
  const Fixture fixture("maskrcnn_small");
  for (const auto& [height, width] : {std::pair<std::int64_t, std::int64_t>{33, 32}, {32, 301}, {64, 65}}) {
    const DetectionFrame frame{{height, width}, {3 * height, 2 * width}};
    const auto found = detect(*fixture.model, at::rand({1, 3, height, width}), frame, {fixture.settings});
    ASSERT_TRUE(found) << found.error().message();
    for (const Detection& one : found->found) {
      EXPECT_LE(one.box[2], static_cast<float>(2 * width) * 1.0001F);
      EXPECT_EQ(one.mask->size, frame.original);
    }
  }
  const auto nan = detect(*fixture.model, at::full({1, 3, 64, 64}, std::nan("")), {{64, 64}, {64, 64}}, {});
  ASSERT_TRUE(nan) << nan.error().message();
  EXPECT_TRUE(nan->found.empty());
}

TEST(Detect, SaysWhatIsWrong) {
  const Fixture fixture("maskrcnn_small");
  using testing::HasSubstr;
  const auto error_of = [&](const Model& model, const at::Tensor& image, const DetectionFrame& frame) {
    const auto found = detect(model, image, frame, {});
    return found ? std::string() : found.error().message();
  };
  EXPECT_THAT(error_of(*fixture.model, at::zeros({2, 3, 64, 64}), {{64, 64}, {64, 64}}), HasSubstr("one float32"));
  EXPECT_THAT(error_of(*fixture.model, at::zeros({1, 3, 64, 64}), {{65, 64}, {64, 64}}), HasSubstr("65 x 64"));
  EXPECT_THAT(error_of(*fixture.model, at::zeros({1, 3, 64, 64}), {{64, 64}, {0, 64}}), HasSubstr("no sense"));
  EXPECT_THAT(error_of(*fixture.model, at::zeros({1, 3, 16, 64}), {{16, 64}, {16, 64}}), HasSubstr("16 x 64"));
  EXPECT_THAT(error_of(*test::small_model("hornet_7x7"), at::zeros({1, 3, 64, 64}), {{64, 64}, {64, 64}}),
              HasSubstr("no detector"));
}

TEST(Detect, CanBeStopped) {
  const Fixture fixture("maskrcnn_small");
  std::stop_source stop;
  JobContext job;
  job.stop = stop.get_token();
  job.report = [&](const Progress& progress) {
    if (progress.activity == "drawing masks") stop.request_stop();
  };
  const auto found = detect(*fixture.model, fixture.array("input"), fixture.frame, {fixture.settings}, job);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, Error::Kind::Cancelled);
}

}  // namespace
}  // namespace orderscope
