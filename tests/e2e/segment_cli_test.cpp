// SPDX-License-Identifier: GPL-3.0-or-later
// Segmenters as a script uses them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/safetensors.h"
#include "core/image/image.h"
#include "core/image/png.h"
#include "core/models/dense/dense_network.h"
#include "tests/dense_golden.h"
#include "tests/e2e/output_files.h"
#include "tests/e2e/run_program.h"
#include "tests/formula.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using nlohmann::json;
using test::read_array;
using test::read_json;
using test::run_program;
using testing::HasSubstr;

const std::string kCli = "orderscope-cli";
const std::string kFixture = "upernet_small_gf/";
const std::string kPhoto = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/coffee.png";

std::string golden(const std::string& relative) { return *test::dense_golden(relative); }

class SegmentCli : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!test::dense_golden(GetParam() + "/checkpoint.pth")) GTEST_SKIP() << "not in this clone";
  }
  std::string model() const { return golden(GetParam() + "/checkpoint.pth"); }
  std::string file(const std::string& name) const { return golden(GetParam() + "/" + name); }
  at::Tensor array(const std::string& name) const { return test::dense_array(GetParam() + "/" + name); }
};

TEST_P(SegmentCli, WholeImageEqualsTheOfficialTest) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, {"segment", model(), "--input", file("whole/input.npy"), "--mode", "whole",
                                         "--taps", "backbone_s*,ppm_*,fused,logits_stride4", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_LT(test::max_abs_difference(read_array(out / "logits.npy"), array("whole/logits.npy")), 1e-4);
  const at::Tensor expected = array("whole/logits.npy")[0];
  const at::Tensor top = std::get<0>(expected.topk(2, 0));
  const at::Tensor differs = read_array(out / "labels.npy").ne(array("whole/argmax_u8.npy"));
  EXPECT_FALSE(differs.logical_and((top[0] - top[1]).gt(1e-3)).any().item<bool>());
  for (const char* tap : {"backbone_s4", "ppm_1", "ppm_bottleneck", "fused", "logits_stride4"}) {
    const at::Tensor fixture = array(std::string("whole/") + tap + ".npy");
    EXPECT_LT(test::max_abs_difference(read_array(out / (std::string(tap) + ".npy")), fixture),
              2e-5 * std::max(1.0, fixture.abs().max().item<double>()))
        << tap;
  }
  EXPECT_TRUE(decode_image(out / "overlay.png"));
  EXPECT_TRUE(decode_image(out / "mask.png"));
  const json written = read_json(out / "segment.json");
  EXPECT_EQ(written["mode"], "whole");
  EXPECT_EQ(written["provenance"]["parameter.mode"], "whole");
}

TEST_P(SegmentCli, SlidingWindowsEqualTheOfficialTest) {
  const auto slide = test::dense_manifest(GetParam()).at("inputs").at("slide");
  const auto size = slide.at("original_size").get<std::vector<int>>();
  const test::TemporaryFolder out;
  const auto result =
      run_program(kCli, {"segment", model(), "--input", file("slide/input.npy"), "--mode", "slide", "--crop", "64",
                         "--stride", "43", "--original-size", std::to_string(size[0]) + "," + std::to_string(size[1]),
                         "--taps", "fused", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_LT(test::max_abs_difference(read_array(out / "logits.npy"), array("slide/logits.npy")), 1e-4);
  const at::Tensor labels = read_array(out / "labels.npy");
  EXPECT_EQ(labels.sizes(), array("slide/argmax_u8.npy").sizes());
  // At most the manifest's handful of near ties.
  EXPECT_LE(labels.ne(array("slide/argmax_u8.npy")).sum().item<int>(), 9);
  const json written = read_json(out / "segment.json");
  EXPECT_EQ(written["windows"], slide.at("crops_y1x1y2x2"));
  EXPECT_TRUE(std::filesystem::exists(out / "fused.window1.npy"));
}

INSTANTIATE_TEST_SUITE_P(, SegmentCli, testing::Values("upernet_small", "upernet_small_gf"),
                         [](const auto& info) { return info.param; });

TEST(RegionCli, OrdersAndCamsExplainARegion) {
  const std::string model = golden(kFixture + "checkpoint.pth"), input = golden(kFixture + "whole/input.npy");
  const std::string mask = golden(kFixture + "whole/argmax_u8.npy");
  const test::TemporaryFolder out;
  auto result = run_program(kCli, {"orders", model, "--input", input, "--class-region", "1", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json orders = read_json(out / "orders.json");
  EXPECT_EQ(orders["class"]["index"], 1);
  EXPECT_EQ(orders["blocks"].size(), 4u);
  EXPECT_THAT(orders["provenance"]["parameter.target"].get<std::string>(), HasSubstr("class 1 over"));
  EXPECT_GT(read_array(out / "stages.2.0.contribution.2.npy").abs().max().item<float>(), 0);

  result = run_program(kCli, {"cam", model, "--input", input, "--class-region", "1", "--layer",
                              "decode_head.fpn_bottleneck", "--scaling", "library", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const at::Tensor gradient = test::dense_array(kFixture + "whole/grad_fused.npy");
  const at::Tensor expected = (gradient.mean({2, 3}, true) * test::dense_array(kFixture + "whole/fused.npy")).sum(1)[0];
  // The fixture's gradients are good to 5e-5 of their largest; their weighted sum over channels cancels somewhat.
  EXPECT_LT(test::max_abs_difference(read_array(out / "cam.npy"), expected),
            2e-4 * expected.abs().max().item<double>());
  EXPECT_EQ(read_array(out / "cam.final.npy").size(0), 64);

  result = run_program(kCli, {"cam", model, "--input", input, "--region", "4,4,20,10", "--class", "2", "--layer",
                              "norm2,decode_head.fpn_convs.0", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_json(out / "cam.json")["maps"].size(), 2u);
  result = run_program(kCli, {"orders", model, "--input", input, "--region", "0,0,64,64", "--decompose", "gates",
                              "--block", "stages.0.0", "-o", out.string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  result = run_program(kCli, {"cam", model, "--input", input, "--mask", mask, "--class", "0", "-o", out.string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST(RegionCli, WhatDoesNotFitIsSaid) {
  const std::string model = golden(kFixture + "checkpoint.pth"), input = golden(kFixture + "whole/input.npy");
  const std::string classifier = test::golden("small/hornet_7x7/official.pth");
  const test::TemporaryFolder out;
  const auto fails = [&](std::vector<std::string> arguments, int code, const std::string& why) {
    arguments.insert(arguments.end(), {"-o", out.string()});
    const auto result = run_program(kCli, arguments);
    EXPECT_EQ(result.exit_code, code) << testing::PrintToString(arguments) << result.err;
    EXPECT_THAT(result.err, HasSubstr(why)) << testing::PrintToString(arguments);
  };
  fails({"cam", model, "--input", input, "--region", "60,60,20,20"}, 1, "does not lie");
  fails({"cam", model, "--input", input, "--region", "1,2,3"}, 2, "x,y,width,height");
  fails({"cam", model, "--input", input, "--class-region", "9"}, 1, "no such class");
  fails({"cam", model, "--input", input, "--class-region", "1", "--method", "occlusion"}, 1, "classifiers only");
  fails({"cam", model, "--input", input, "--class-region", "1", "--layer", "logits"}, 1, "no channels and places");
  fails({"orders", classifier, "--input", test::golden("small/hornet_7x7/in64x64/input.npy"), "--region", "0,0,4,4"}, 1,
        "no segmenter");
  fails({"segment", classifier, "--image", kPhoto}, 1, "no segmenter");
  fails({"segment", model, "--image", kPhoto, "--original-size", "3,3"}, 1, "its own size");
  fails({"segment", model, "--input", input, "--taps", "nothing*"}, 1, "no such layer");
  fails({"ablate", model, "--image", kPhoto}, 1, "classifiers");
}

TEST(SegmentPhoto, LabelsHaveThePhotosSize) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, {"segment", golden(kFixture + "checkpoint.pth"), "--image", kPhoto, "--size",
                                         "128", "--crop", "96", "--certainty", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto photo = decode_image(kPhoto);
  const at::Tensor labels = read_array(out / "labels.npy");
  EXPECT_EQ(labels.size(0), photo->image.height);
  EXPECT_EQ(labels.size(1), photo->image.width);
  EXPECT_EQ(read_array(out / "logits.npy").size(2), 128);
  EXPECT_EQ(decode_image(out / "overlay.png")->image.width, photo->image.width);
  EXPECT_GE(read_array(out / "entropy.npy").min().item<float>(), -1e-5F);
  const json info = json::parse(run_program(kCli, {"info", golden(kFixture + "checkpoint.pth"), "--json"}).out);
  EXPECT_EQ(info["dense"]["model"], "UPerNet");
  EXPECT_EQ(info["dense"]["head"]["classes"], 8);
}

TEST(SegmentErf, AnyLevelAndRegionsHaveAField) {
  const test::TemporaryFolder out;
  for (const char* layer : {"last", "norm1", "decode_head.fpn_bottleneck"}) {
    const auto result = run_program(kCli, {"erf", golden(kFixture + "checkpoint.pth"), "--images", kPhoto, "--size",
                                           "96", "--layer", layer, "--bootstrap", "0", "-o", out.string()});
    ASSERT_EQ(result.exit_code, 0) << layer << result.err;
    EXPECT_GT(read_array(out / "erf.npy").max().item<float>(), 0) << layer;
  }
}

TEST(SegmentEval, AnnotationsEqualToThePredictionGiveAnIouOfOne) {
  const std::string model = golden(kFixture + "checkpoint.pth");
  const test::TemporaryFolder set, out;
  std::filesystem::create_directories(set / "images");
  std::filesystem::create_directories(set / "annotations");
  Image picture{60, 40, {}};
  for (int i = 0; i < 3 * 60 * 40; ++i) picture.rgb.push_back(static_cast<std::uint8_t>((i * 37) % 251));
  ASSERT_TRUE(write_png(set / "images/a.png", picture));
  auto result = run_program(kCli, {"segment", model, "--image", set / "images/a.png", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const at::Tensor labels = read_array(out / "labels.npy");
  const auto annotate = [&](const at::Tensor& values) {
    const at::Tensor bytes = values.to(at::kByte).contiguous();
    return write_gray_png(set / "annotations/a.png",
                          {bytes.const_data_ptr<std::uint8_t>(), static_cast<std::size_t>(bytes.numel())}, 60, 40);
  };
  ASSERT_TRUE(annotate(labels + 1));
  result = run_program(kCli, {"eval", model, "--images", set.string(), "--json", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json::parse(result.out)["miou"], 1.0);
  EXPECT_TRUE(std::filesystem::exists(out / "classes.csv"));

  ASSERT_TRUE(annotate(at::full_like(labels, 200)));
  result = run_program(kCli, {"eval", model, "--images", set.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json::parse(result.out)["miou"], 0.0);
  EXPECT_THAT(result.err, HasSubstr("labelled with classes that the model"));
}

TEST(UnknownHead, OpensAsABackbone) {
  const auto checkpoint = read_checkpoint(golden(kFixture + "checkpoint.pth"));
  ASSERT_TRUE(checkpoint);
  StateDict weights;
  for (const NamedTensor& item : checkpoint->state_dict)
    if (!item.name.starts_with("decode_head.psp")) weights.push_back({"module." + item.name, item.tensor.contiguous()});
  const test::TemporaryFolder out;
  ASSERT_TRUE(write_safetensors(out / "odd.safetensors", weights));
  const auto result =
      run_program(kCli, {"forward", out / "odd.safetensors", "--input", golden(kFixture + "whole/input.npy"), "--taps",
                         "backbone_s4", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("opens as a backbone; left out: decode_head.*"));
  const at::Tensor expected = test::dense_array(kFixture + "whole/backbone_s4.npy");
  EXPECT_LT(test::max_abs_difference(read_array(out / "backbone_s4.npy"), expected),
            2e-5 * std::max(1.0, expected.abs().max().item<double>()));
}

TEST(SlowFullSizeUperNet, RunsOnAPhotoWithinSixGigabytes) {
  Architecture hornet = test::hornet_architecture(64, false);
  hornet.levels = {0, 1, 2, 3};
  DenseArchitecture dense;
  UperHeadShape head;
  const auto conv = [](int in, int kernel) { return ConvShape{in, 512, kernel, false, true}; };
  head.pool_scales = {1, 2, 3, 6};
  head.psp_modules.assign(4, conv(512, 1));
  head.bottleneck = conv(512 + 2048, 3);
  for (const int width : {64, 128, 256}) head.laterals.push_back(conv(width, 1)), head.outputs.push_back(conv(512, 3));
  head.fusion = conv(2048, 3);
  head.classes = 150;
  dense.uper_head = head;
  const test::TemporaryFolder out;
  {
    const auto network = make_dense_network(hornet, dense);
    ASSERT_TRUE(network) << network.error().message();
    test::fill_by_formula(**network);
    StateDict weights;
    for (const auto& p : (*network)->named_parameters()) {
      const bool variance = p.key().ends_with("running_var");
      weights.push_back({p.key(), variance ? p.value().abs() + 0.5 : p.value()});
    }
    ASSERT_TRUE(write_safetensors(out / "upernet.safetensors", weights));
  }
  const auto result = run_program(
      kCli, {"segment", out / "upernet.safetensors", "--image", kPhoto, "-o", out.string(), "--threads", "2"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  EXPECT_LT(usage.ru_maxrss, 6 * 1024 * 1024);  // kilobytes
  RecordProperty("max_rss_mb", static_cast<int>(usage.ru_maxrss / 1024));
  EXPECT_EQ(read_array(out / "logits.npy").size(1), 150);
  const json written = read_json(out / "segment.json");
  EXPECT_EQ(written["mode"], "slide");
  EXPECT_EQ(written["crop"], 512);
}

}  // namespace
}  // namespace orderscope
