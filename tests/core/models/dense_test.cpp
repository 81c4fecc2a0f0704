// SPDX-License-Identifier: GPL-3.0-or-later
// Backbones as pyramids, the heads of segmentation and HorFPN's gnConv against the official code.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/safetensors.h"
#include "core/models/backbone.h"
#include "core/models/dense/dense_network.h"
#include "core/models/dense/gn_conv_module.h"
#include "core/models/dense/short_names.h"
#include "core/models/dense/test_settings.h"
#include "core/models/dense/uper_head.h"
#include "core/trace/trace.h"
#include "tests/dense_golden.h"
#include "tests/formula.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using testing::Contains;
using testing::HasSubstr;

double bound(double relative, const at::Tensor& expected) {
  return relative * std::max(1.0, expected.abs().max().item<double>());
}

void assign(torch::nn::Module& module, const Checkpoint& checkpoint, const std::string& prefix) {
  std::map<std::string, at::Tensor> stored;
  for (const NamedTensor& item : checkpoint.state_dict) stored[item.name] = item.tensor;
  for (auto& parameter : module.named_parameters()) {
    ASSERT_TRUE(stored.contains(prefix + parameter.key())) << prefix + parameter.key();
    ASSERT_EQ(stored[prefix + parameter.key()].sizes(), parameter.value().sizes()) << parameter.key();
    parameter.value().set_data(stored[prefix + parameter.key()].to(at::kFloat));
    parameter.value().set_requires_grad(false);
  }
}

struct Pyramid {
  std::string fixture, input, output;
  int first;
  double tolerance;  // as the manifest states it
};
void PrintTo(const Pyramid& p, std::ostream* out) { *out << p.fixture; }

class Pyramids : public testing::TestWithParam<Pyramid> {};

TEST_P(Pyramids, LevelsEqualTheOfficialBackbone) {
  const Pyramid& p = GetParam();
  if (!test::dense_golden(p.fixture + "/weights.pth")) GTEST_SKIP() << "not in this clone";
  const auto model = test::dense_model(p.fixture + "/weights.pth");
  EXPECT_FALSE(model->is_classifier());
  EXPECT_FALSE(model->backbone->has_logits());
  EXPECT_TRUE(model->warnings.empty()) << model->warnings.front();
  auto trace = Trace::forward(model->backbone, test::dense_array(p.fixture + "/" + p.input), {Probe::record("norm*")});
  ASSERT_TRUE(trace) << trace.error().message();
  for (int level = 0; level < 4; ++level) {
    const at::Tensor expected =
        test::dense_array(p.fixture + "/" + p.output + std::to_string(p.first + level) + ".npy");
    const at::Tensor found = trace->result(0, "norm" + std::to_string(level));
    ASSERT_EQ(found.sizes(), expected.sizes()) << level;
    EXPECT_LT(test::max_abs_difference(found, expected), bound(p.tolerance, expected)) << level;
  }
}

INSTANTIATE_TEST_SUITE_P(, Pyramids,
                         testing::Values(Pyramid{"backbone_convnext", "input.npy", "backbone_s", 1, 5e-5},
                                         Pyramid{"backbone_swin", "input.npy", "backbone_s", 1, 5e-5},
                                         Pyramid{"backbone_gf", "input_0.npy", "output_", 0, 2e-5}),
                         [](const auto& info) { return info.param.fixture; });

class Heads : public testing::TestWithParam<std::string> {};

TEST_P(Heads, GnUperHeadEqualsTheOfficialHead) {
  const std::string fixture = GetParam() + "/";
  if (!test::dense_golden(fixture + "weights.pth")) GTEST_SKIP() << "not in this clone";
  const auto checkpoint = read_checkpoint(*test::dense_golden(fixture + "weights.pth"));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  auto shape = infer_uper_head(*checkpoint, "", {});
  ASSERT_TRUE(shape) << shape.error().message();
  shape->align_corners = fixture.find("align") != std::string::npos;
  ASSERT_TRUE(shape->gn_fusion);
  const auto head = std::make_shared<UperHead>(*shape);
  assign(*head, *checkpoint, "");

  Activations at_hand;
  std::vector<std::string> levels;
  for (int i = 0; i < 4; ++i) {
    levels.push_back("level" + std::to_string(i));
    at_hand.aside[levels.back()] =
        test::dense_array(fixture + "input_" + std::to_string(i) + ".npy").permute({0, 2, 3, 1}).contiguous();
  }
  test::AllTaps taps;
  std::vector<std::string> promised;
  for (const Step& step : head->steps("head", levels)) {
    at_hand = step.run(at_hand, &taps);
    promised.insert(promised.end(), step.taps.begin(), step.taps.end());
  }
  EXPECT_EQ(promised.size(), taps.seen.size());
  for (const std::string& tap : promised) EXPECT_TRUE(taps.seen.contains(tap)) << tap;
  // float32 noise of a head of this size, as the manifest states.
  const at::Tensor logits = test::dense_array(fixture + "output_0.npy");
  EXPECT_LT(test::max_abs_difference(taps.seen["head.conv_seg"], logits), bound(2e-5, logits));
  const at::Tensor features = test::dense_array(fixture + "output_1.npy");
  EXPECT_LT(test::max_abs_difference(taps.seen["head.fpn_bottleneck"], features), bound(2e-5, features));
  // The recursion holds at the taps, and there is no 1/3 in it.
  EXPECT_LT(test::max_abs_difference(
                taps.seen["head.fpn_bottleneck.gnconv.value"] * taps.seen["head.fpn_bottleneck.gnconv.gate.1"],
                taps.seen["head.fpn_bottleneck.gnconv.state.1"]),
            1e-6);
}

INSTANTIATE_TEST_SUITE_P(, Heads, testing::Values("gnuperhead_gnconv", "gnuperhead_gnconv_align", "gnuperhead_gngf"),
                         [](const auto& info) { return info.param; });

class GnModules : public testing::TestWithParam<std::string> {};

TEST_P(GnModules, GnFpnOutputsEqualTheOfficialNeck) {
  const std::string fixture = GetParam() + "/";
  if (!test::dense_golden(fixture + "weights.pth")) GTEST_SKIP() << "not in this clone";
  const auto checkpoint = read_checkpoint(*test::dense_golden(fixture + "weights.pth"));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  std::map<std::string, at::Tensor> w;
  for (const NamedTensor& item : checkpoint->state_dict) w[item.name] = item.tensor;
  std::vector<at::Tensor> laterals;
  for (int i = 0; i < 4; ++i) {
    const std::string name = "lateral_convs." + std::to_string(i) + ".conv.";
    const at::Tensor x = test::dense_array(fixture + "input_" + std::to_string(i) + ".npy");
    laterals.push_back(at::conv2d(x, w[name + "weight"], w[name + "bias"]));
  }
  for (int i = 3; i > 0; --i)
    laterals[i - 1] += at::upsample_nearest2d(laterals[i], {laterals[i - 1].size(2), laterals[i - 1].size(3)});
  GnModuleShape shape{16, 16, 16, 2, 7, std::nullopt, true, false};
  if (fixture.find("gngf") != std::string::npos) shape.filter = FilterSize{8, 5};
  for (int i = 0; i < 4; ++i) {
    GnConvModule module(shape, /*relu=*/false);
    assign(module, *checkpoint, "fpn_convs." + std::to_string(i) + ".");
    const at::Tensor y = module.forward(laterals[i].permute({0, 2, 3, 1}).contiguous(), {}).permute({0, 3, 1, 2});
    const at::Tensor expected = test::dense_array(fixture + "output_" + std::to_string(i) + ".npy");
    EXPECT_LT(test::max_abs_difference(y, expected), bound(2e-5, expected)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(, GnModules, testing::Values("gnfpn_gnconv", "gnfpn_gngf"),
                         [](const auto& info) { return info.param; });

class Segmenters : public testing::TestWithParam<std::string> {};

TEST_P(Segmenters, TapsEqualTheOfficialModel) {
  const std::string fixture = GetParam();
  if (!test::dense_golden(fixture + "/checkpoint.pth")) GTEST_SKIP() << "not in this clone";
  const auto model = test::dense_model(fixture + "/checkpoint.pth");
  auto trace = Trace::forward(model->backbone, test::dense_array(fixture + "/whole/input.npy"), {Probe::record("*")});
  ASSERT_TRUE(trace) << trace.error().message();
  int compared = 0;
  for (const std::string& tap : model->backbone->tap_names()) {
    EXPECT_TRUE(trace->result(0, tap).defined()) << tap;
    const auto path = test::dense_golden(fixture + "/whole/" + short_tap_name(*model, tap) + ".npy");
    if (!path) continue;
    const at::Tensor expected = read_npy(*path).value();
    EXPECT_LT(test::max_abs_difference(trace->result(0, tap), expected), bound(2e-5, expected)) << tap;
    ++compared;
  }
  EXPECT_GE(compared, 7);
  // The manifest's bound, 15 times the noise of the official code in float32.
  EXPECT_LT(test::max_abs_difference(trace->logits(), test::dense_array(fixture + "/whole/logits.npy")), 1e-4);
}

TEST_P(Segmenters, GradientsOfARegionEqualTheOfficialModel) {
  const std::string fixture = GetParam();
  if (!test::dense_golden(fixture + "/checkpoint.pth")) GTEST_SKIP() << "not in this clone";
  const auto model = test::dense_model(fixture + "/checkpoint.pth");
  const int cls = test::dense_manifest(fixture).at("inputs").at("whole").at("grad_cam").at("cls");
  const at::Tensor mask = test::dense_array(fixture + "/whole/argmax_u8.npy").eq(cls);
  auto trace =
      Trace::forward(model->backbone, test::dense_array(fixture + "/whole/input.npy"), {Probe::record_gradient("*")});
  ASSERT_TRUE(trace) << trace.error().message();
  Target target;
  target.score = [&](const Activations& output) { return (output.x.select(1, cls) * mask).sum(); };
  const auto done = trace->backward(target);
  ASSERT_TRUE(done) << done.error().message();
  int compared = 0;
  for (const auto& [name, tap] : std::map<std::string, std::string>{{"backbone_s4", "norm3"},
                                                                    {"ppm_bottleneck", "decode_head.bottleneck"},
                                                                    {"fused", "decode_head.fpn_bottleneck"},
                                                                    {"input", "input"}}) {
    const auto path = test::dense_golden(fixture + "/whole/grad_" + name + ".npy");
    if (!path) continue;
    const at::Tensor expected = read_npy(*path).value();
    EXPECT_LT(test::max_abs_difference(trace->gradient_result(0, tap), expected),
              5e-5 * expected.abs().max().item<double>())
        << name;
    ++compared;
  }
  EXPECT_GE(compared, 3);
}

INSTANTIATE_TEST_SUITE_P(, Segmenters, testing::Values("upernet_small", "upernet_small_gf"),
                         [](const auto& info) { return info.param; });

TEST(SegmenterFile, MetaTellsClassesAndPalette) {
  const auto model = test::dense_model("upernet_small_gf/checkpoint.pth");
  ASSERT_TRUE(model->is_segmenter());
  EXPECT_EQ(model->dense->name(), "UPerNet");
  EXPECT_EQ(model->architecture.classes, 8);
  EXPECT_EQ(model->class_names.size(), 8u);
  EXPECT_EQ(model->palette.size(), 8u);
  EXPECT_TRUE(model->metadata.contains("mmseg_version"));
  EXPECT_TRUE(model->warnings.empty()) << model->warnings.front();
  EXPECT_THAT(model->backbone->tap_names(), Contains("decode_head.fpn_bottleneck"));
  EXPECT_EQ(model->backbone->last_block(), "stages.3.0");
}

TEST(DetectorFile, TheConfigTellsHowItIsTested) {
  const auto checkpoint = read_checkpoint(*test::dense_golden("maskrcnn_small/checkpoint.pth"));
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  const test::TemporaryFolder folder;
  const auto open = [&](const std::string& config) {
    EXPECT_TRUE(write_safetensors(folder / "a.safetensors", checkpoint->state_dict, {{"config", config}}));
    auto model = load_model(folder / "a.safetensors");
    if (!model) throw std::runtime_error(model.error().message());
    return *model;
  };
  const auto told = open(
      "img_norm_cfg = dict(mean=[103.5, 116.0, 123.0], std=[1.0, 2.0, 3.0], to_rgb=True)\n"
      "model = dict(test_cfg=dict(rcnn=dict(score_thr=0.25)))\n"
      "test_pipeline = [dict(type='MultiScaleFlipAug', img_scale=(640, 400), transforms=[\n"
      "    dict(type='Resize', keep_ratio=True), dict(type='Pad', size_divisor=64)])]\n");
  EXPECT_TRUE(told->warnings.empty()) << told->warnings.front();
  EXPECT_EQ(told->dense_preprocessing, (DensePreprocessing{640, 400, 64, {103.5F, 116, 123}, {1, 2, 3}}));
  EXPECT_EQ(detection_test(*told).rcnn.score_thr, 0.25);
  EXPECT_EQ(test_source(*told), "the file's config");

  const auto silent = open("");
  EXPECT_EQ(silent->dense_preprocessing, (DensePreprocessing{1333, 800, 32}));
  EXPECT_EQ(detection_test(*silent), DetectionSettings());
  EXPECT_EQ(test_source(*silent), "the official configs");

  const auto strange = open(
      "img_norm_cfg = dict(mean=[1.0, 2.0], std=[1.0, 1.0, 0.0])\n"
      "model = dict(test_cfg=dict(rcnn=dict(nms=dict(type='soft_nms'))))\n"
      "test_pipeline = [dict(type='Resize', keep_ratio=False)]\n");
  EXPECT_THAT(strange->warnings,
              testing::UnorderedElementsAre(HasSubstr("normalisation"), HasSubstr("soft_nms"), HasSubstr("ratio")));
  EXPECT_EQ(strange->dense_preprocessing, (DensePreprocessing{1333, 800, 32}));
  EXPECT_TRUE(strange->is_detector());

  const auto other = open("model = dict(roi_head=dict(bbox_head=dict(bbox_coder=dict(target_stds=[1, 1, 1, 1]))))");
  EXPECT_FALSE(other->is_detector());
  EXPECT_THAT(other->warnings, testing::Contains(HasSubstr("scales the deltas of boxes")));
}

TEST(SegmenterTrace, AStepInTheMiddleRunsAgainToTheSameLogits) {
  const auto model = test::dense_model("upernet_small_gf/checkpoint.pth");
  const at::Tensor image = test::dense_array("upernet_small_gf/whole/input.npy");
  auto trace = Trace::forward(model->backbone, image, {});
  ASSERT_TRUE(trace);
  for (const char* tap : {"stages.1.0.gnconv.gate.1", "decode_head.fpn_convs.0"}) {
    auto again = trace->rerun_from(tap, {}, {});
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(test::max_abs_difference(again->logits(), trace->logits()), 0) << tap;
    auto edited = trace->rerun_from(tap, {{tap, [](const at::Tensor& x) { return at::zeros_like(x); }}}, {});
    ASSERT_TRUE(edited) << edited.error().message();
    EXPECT_GT(test::max_abs_difference(edited->logits(), trace->logits()), 1e-3) << tap;
  }
  const auto activation = trace->activation("decode_head.lateral_sums.1");
  ASSERT_TRUE(activation) << activation.error().message();
  EXPECT_EQ(activation->size(2), 8);
}

TEST(FullSizeUperNet, ParametersAreThoseOfTheOfficialConfigs) {
  // reference: the official configs' state dicts without the auxiliary head, which is not built.
  Architecture hornet = test::hornet_architecture(64, false);
  hornet.levels = {0, 1, 2, 3};
  const ConvShape no_bias{0, 512, 1, false, true};
  UperHeadShape head;
  head.pool_scales = {1, 2, 3, 6};
  const auto conv = [&](int in, int kernel) {
    ConvShape c = no_bias;
    c.in = in;
    c.kernel = kernel;
    return c;
  };
  head.psp_modules.assign(4, conv(512, 1));
  head.bottleneck = conv(512 + 2048, 3);
  for (const int width : {64, 128, 256}) head.laterals.push_back(conv(width, 1)), head.outputs.push_back(conv(512, 3));
  head.fusion = conv(2048, 3);
  head.classes = 150;
  DenseArchitecture dense;
  dense.uper_head = head;
  const auto network = make_dense_network(hornet, dense);
  ASSERT_TRUE(network) << network.error().message();
  std::int64_t parameters = 0;
  for (const auto& p : (*network)->named_parameters())
    if (p.key().find(".running_") == std::string::npos) parameters += p.value().numel();
  const std::int64_t auxiliary = 256 * 256 * 9 + 2 * 256 + 150 * 256 + 150;
  EXPECT_EQ(parameters + auxiliary, 52'205'036);
}

}  // namespace
}  // namespace orderscope
