// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of a detector that have no weights against mmdetection 2.28 and mmcv 1.7. Tolerances are the fixtures' own.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/models/dense/boxes.h"
#include "core/models/dense/mask_paste.h"
#include "core/models/dense/nms.h"
#include "core/models/dense/roi_align.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

at::Tensor array(const std::string& name) { return test::golden_array("dense/ops/" + name + ".npy"); }

nlohmann::json cases(const char* name) { return test::golden_json("dense/ops/manifest.json").at("cases").at(name); }

std::vector<std::int64_t> numbers(const at::Tensor& tensor) {
  const at::Tensor list = tensor.to(at::kLong).contiguous();
  const auto* data = list.const_data_ptr<std::int64_t>();
  return {data, data + list.numel()};
}

at::Tensor channels_last(const at::Tensor& x) { return x.permute({0, 2, 3, 1}).contiguous(); }

TEST(RoiAlign, EqualsMmcv) {
  const at::Tensor features = channels_last(array("roi_align/input")), rois = array("roi_align/rois");
  const auto manifest = cases("roi_align");
  for (const auto& run : manifest.at("runs")) {
    const std::string file = run.at("file");
    const at::Tensor expected = channels_last(test::golden_array("dense/ops/" + file));
    const RoiAlignOptions options{run.at("output_size"), 0.25, run.at("sampling_ratio"), run.at("aligned")};
    EXPECT_LT(test::max_abs_difference(roi_align(features, rois, options), expected), 2e-5) << file;
    EXPECT_LT(test::max_abs_difference(roi_align_by_operations(features, rois, options), expected), 2e-5) << file;
  }
}

TEST(RoiAlign, GradientIsThatOfTheOperations) {
  const at::Tensor rois = array("roi_align/rois");
  const at::Tensor weights = at::randn({rois.size(0), 7, 7, 3});
  const RoiAlignOptions options{7, 0.25};
  const auto gradient = [&](auto align) {
    const at::Tensor features = channels_last(array("roi_align/input")).requires_grad_(true);
    (align(features, rois, options) * weights).sum().backward();
    return features.grad();
  };
  // Sums of some hundred float32 products in another order.
  EXPECT_LT(test::max_abs_difference(gradient(roi_align), gradient(roi_align_by_operations)), 1e-5);
}

TEST(RoiAlign, TakesNoBoxesAndSenselessOnes) {
  const at::Tensor features = at::ones({1, 4, 5, 2});
  EXPECT_EQ(roi_align(features, at::empty({0, 5}), {}).sizes(), (std::vector<std::int64_t>{0, 7, 7, 2}));
  EXPECT_EQ(roi_align_by_operations(features, at::empty({0, 5}), {}).size(0), 0);
  const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  const at::Tensor rois =
      at::tensor({0.0F, nan, 0.0F, 3.0F, 3.0F, 0.0F, 0.0F, 0.0F, inf, 3.0F, 0.0F, 3.0F, 0.0F, 1.0F, 3.0F}).view({3, 5});
  EXPECT_EQ(roi_align(features, rois, {}).abs().sum().item<float>(), 0);
}

TEST(Nms, EqualsMmcv) {
  const at::Tensor boxes = array("nms/boxes"), scores = array("nms/scores"), classes = array("nms/classes");
  EXPECT_EQ(numbers(nms(boxes, scores, 0.5)), numbers(array("nms/keep_agnostic")));
  EXPECT_EQ(numbers(nms_by_operations(boxes, scores, 0.5)), numbers(array("nms/keep_agnostic")));
  EXPECT_EQ(numbers(grouped_nms(boxes, scores, classes.to(at::kLong), 0.5)), numbers(array("nms/keep_classwise")));
}

TEST(Nms, KeepsWhatLiesOnTheThresholdAndWhatHasNoArea) {
  const at::Tensor boxes = array("nms/exact_boxes"), scores = array("nms/exact_scores");
  EXPECT_EQ(numbers(nms(boxes, scores, 0.5)), numbers(array("nms/exact_keep")));
  EXPECT_EQ(numbers(nms_by_operations(boxes, scores, 0.5)), numbers(array("nms/exact_keep")));
}

TEST(Nms, TakesNoBoxes) {
  EXPECT_EQ(nms(at::empty({0, 4}), at::empty({0}), 0.5).numel(), 0);
  EXPECT_EQ(grouped_nms(at::empty({0, 4}), at::empty({0}), at::empty({0}, at::kLong), 0.5).numel(), 0);
  const KeptBoxes none = multiclass_nms(at::empty({0, 8}), at::empty({0, 3}), 0.05, 0.5, 10);
  EXPECT_EQ(none.boxes.sizes(), (std::vector<std::int64_t>{0, 4}));
}

TEST(Nms, OfManyBoxesIsThatOfTheOperations) {
  // More than the operations take at a time.
  const at::Tensor corner = at::rand({2500, 2}) * 300;
  const at::Tensor boxes = at::cat({corner, corner + 5 + at::rand({2500, 2}) * 60}, 1), scores = at::rand({2500});
  EXPECT_EQ(numbers(nms(boxes, scores, 0.5)), numbers(nms_by_operations(boxes, scores, 0.5)));
}

TEST(Nms, OfSeveralClassesEqualsMmdetection) {
  const KeptBoxes kept = multiclass_nms(array("multiclass_nms/boxes"), array("multiclass_nms/scores"), 0.05, 0.5, 20);
  const at::Tensor expected = array("multiclass_nms/dets");
  EXPECT_EQ(numbers(kept.labels), numbers(array("multiclass_nms/labels")));
  EXPECT_LT(test::max_abs_difference(kept.boxes, expected.slice(1, 0, 4)), 1e-4);
  EXPECT_LT(test::max_abs_difference(kept.scores, expected.select(1, 4)), 1e-6);
}

TEST(Boxes, DecodeAsMmdetection) {
  const at::Tensor boxes = array("delta/boxes"), deltas = array("delta/deltas");
  const auto manifest = cases("delta");
  for (const auto& run : manifest.at("runs")) {
    const auto stds = run.at("stds").get<std::array<float, 4>>();
    std::optional<PixelSize> clip;
    if (!run.at("max_shape_h_w").is_null()) clip = PixelSize{run["max_shape_h_w"][0], run["max_shape_h_w"][1]};
    const at::Tensor expected = test::golden_array("dense/ops/" + run.at("file").get<std::string>());
    const at::Tensor off = (decode_deltas(boxes, deltas, stds, clip) - expected).abs() / (1 + expected.abs());
    EXPECT_LT(off.max().item<float>(), 2e-5) << run.at("file");
  }
}

TEST(Boxes, AnchorsEqualMmdetection) {
  const auto fixture = cases("anchors");
  for (int level = 0; level < 5; ++level) {
    const auto size = fixture.at("sizes_h_w").at(level);
    const at::Tensor found = make_anchors(fixture.at("strides").at(level), size.at(0), size.at(1), at::kFloat);
    EXPECT_LT(test::max_abs_difference(found, array("anchors/level_" + std::to_string(level))), 1e-4);
  }
}

TEST(Boxes, LevelsEqualMmdetection) {
  const at::Tensor rois = array("levels/rois");
  EXPECT_EQ(numbers(box_levels(rois.slice(1, 1), 56, 4)), numbers(array("levels/level")));
}

TEST(MaskPaste, EqualsMmdetection) {
  const at::Tensor masks = array("paste/masks"), boxes = array("paste/boxes"), soft = array("paste/soft");
  const at::Tensor binary = array("paste/binary_u8");
  const PixelSize image{soft.size(1), soft.size(2)};
  for (std::int64_t n = 0; n < masks.size(0); ++n) {
    const std::span<const float> mask(masks[n].const_data_ptr<float>(), 28 * 28);
    std::array<float, 4> box{};
    std::copy_n(boxes[n].const_data_ptr<float>(), 4, box.begin());
    const ImagePatch<float> patch = paste_mask(mask, 28, box, image);

    at::Tensor whole = at::zeros({image.height, image.width});
    if (!patch.values.empty())
      whole.slice(0, patch.y, patch.y + patch.height)
          .slice(1, patch.x, patch.x + patch.width)
          .copy_(at::tensor(patch.values).view({patch.height, patch.width}));
    EXPECT_LT(test::max_abs_difference(whole, soft[n]), 1e-4) << n;

    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(image.height * image.width));
    decode_mask(encode_mask(binary_mask(patch, 0.5F), image), pixels);
    EXPECT_TRUE(at::equal(at::tensor(pixels, at::kByte).view_as(binary[n]), binary[n])) << n;
  }
}

TEST(MaskPaste, TakesBoxesWithoutAreaOutsideAndSenseless) {
  const std::vector<float> ones(4, 1.0F);
  const PixelSize image{6, 8};
  for (const std::array<float, 4> box : {std::array{3.0F, 1.0F, 3.0F, 5.0F},
                                         {3.5F, 2.5F, 3.5F, 2.5F},
                                         {-9.0F, -9.0F, -5.0F, -5.0F},
                                         {20.0F, 1.0F, 30.0F, 4.0F},
                                         {std::nanf(""), 0.0F, 1.0F, 1.0F}}) {
    const ImagePatch<float> patch = paste_mask(ones, 2, box, image);
    EXPECT_EQ(patch.values.size(), static_cast<std::size_t>(patch.width * patch.height));
    std::vector<std::uint8_t> pixels(48);
    decode_mask(encode_mask(binary_mask(patch, 0.5F), image), pixels);
  }
}

}  // namespace
}  // namespace orderscope
