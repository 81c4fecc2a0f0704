// SPDX-License-Identifier: GPL-3.0-or-later
// `cam` and `faithfulness` as a script uses them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/checkpoint/npy.h"
#include "core/image/image.h"
#include "tests/e2e/output_files.h"
#include "tests/e2e/run_program.h"
#include "tests/golden.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using nlohmann::json;
using test::golden;
using test::read_array;
using test::read_json;
using test::run_program;
using testing::HasSubstr;

const std::string kCli = "orderscope-cli";
const std::string kHornet = golden("small/hornet_7x7/official.pth");
const std::string kInput = golden("small/hornet_7x7/in64x64/input.npy");

TEST(CamCli, EveryMethodWritesItsMapPictureAndJson) {
  for (const char* method :
       {"gradcam", "gradcam++", "xgradcam", "hirescam", "layercam", "gradcam-elementwise", "eigencam", "eigengradcam",
        "scorecam", "ablationcam", "fullgrad", "integrated-gradients", "smoothgrad", "occlusion"}) {
    const test::TemporaryFolder out;
    const auto result =
        run_program(kCli, {"cam", kHornet, "--input", kInput, "--method", method, "--class", "2", "-o", out.string()});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const at::Tensor map = read_array(out / "cam.npy");
    EXPECT_EQ(map.dim(), 2) << method;
    EXPECT_TRUE(decode_image(out / "cam.png")) << method;
    const json written = read_json(out / "cam.json");
    EXPECT_EQ(written["method"], method);
    EXPECT_EQ(written["class"]["index"], 2);
    EXPECT_EQ(written["map"]["shape"], json({map.size(0), map.size(1)}));
    EXPECT_EQ(written["provenance"]["method"], method);
  }
}

TEST(CamCli, InBFloat16EveryMethodSaysHowFarItIsFromFloat32) {
  for (const char* method :
       {"gradcam", "gradcam++", "xgradcam", "hirescam", "layercam", "gradcam-elementwise", "eigencam", "eigengradcam",
        "scorecam", "ablationcam", "fullgrad", "integrated-gradients", "smoothgrad", "occlusion"}) {
    const test::TemporaryFolder out;
    const auto result = run_program(kCli, {"cam", kHornet, "--input", kInput, "--method", method, "--class", "2",
                                           "--precision", "bfloat16", "-o", out.string()});
    ASSERT_EQ(result.exit_code, 0) << method << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr("bfloat16 beside float32: logits off by")) << method;
    const json written = read_json(out / "cam.json");
    EXPECT_EQ(written["provenance"]["dtype"], "bfloat16") << method;
    EXPECT_EQ(written["precision"]["images"], 1) << method;
    EXPECT_GT(written["precision"]["logit_error"], 0) << method;
    EXPECT_LT(written["precision"]["logit_error"], 0.05) << method;  // as in tests/core/models/precision_test.cpp
  }
}

TEST(CamCli, LibraryScalingIsPytorchGradCamsFinalMap) {
  const test::TemporaryFolder out;
  const std::string folder = "cam/hornet_7x7_64x64/";
  const auto result =
      run_program(kCli, {"cam", kHornet, "--input", golden(folder + "input.npy"), "--layer",
                         "stages.2.1.gnconv.proj_out", "--class", "4", "--scaling", "library", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  // Scaled to 0..1, which magnifies the raw map's rounding.
  EXPECT_LT(test::max_abs_difference(read_array(out / "cam.final.npy"),
                                     test::golden_array(folder + "s3b2.gnconv/GradCAM.final.npy")),
            1e-3);
  EXPECT_EQ(read_json(out / "cam.json")["map"]["library"], "cam.final.npy");
}

TEST(CamCli, ModulesAreCalledAsInPyTorchOrAsInFileNames) {
  const test::TemporaryFolder out;
  std::vector<at::Tensor> maps;
  for (const char* layer : {"stages.2.1.gnconv.proj_out", "stages.2.1.gnconv", "s3b2.gnconv"}) {
    const auto result =
        run_program(kCli, {"cam", kHornet, "--input", kInput, "--layer", layer, "--class", "4", "-o", out.string()});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    maps.push_back(read_array(out / "cam.npy"));
  }
  EXPECT_TRUE(at::equal(maps[0], maps[1]));
  EXPECT_TRUE(at::equal(maps[0], maps[2]));
}

TEST(CamCli, NaNIsNoClassAndNoSilentMap) {
  const test::TemporaryFolder out;
  const std::string nan = (out / "nan.npy").string();
  ASSERT_TRUE(write_npy(nan, at::full({1, 3, 64, 64}, NAN)));
  const auto unasked = run_program(kCli, {"cam", kHornet, "--input", nan, "-o", out.string()});
  EXPECT_EQ(unasked.exit_code, 1);
  EXPECT_THAT(unasked.err, HasSubstr("NaN"));
  const auto asked = run_program(kCli, {"cam", kHornet, "--input", nan, "--class", "1", "-o", out.string()});
  EXPECT_EQ(asked.exit_code, 0);
  EXPECT_THAT(asked.err, HasSubstr("NaN or Inf at 4 of 4 places"));
}

TEST(CamCli, SeveralLayersAndClassesHaveFilesOfTheirOwn) {
  const test::TemporaryFolder out;
  const auto result =
      run_program(kCli, {"cam", kHornet, "--input", kInput, "--layer", "stages.2.0,stages.2.1", "--classes", "1,5",
                         "--method", "layercam", "--mean-over-layers", "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json written = json::parse(result.out);
  ASSERT_EQ(written["classes"].size(), 2U);
  for (const json& part : written["classes"]) {
    ASSERT_EQ(part["maps"].size(), 2U);
    for (const json& map : part["maps"]) EXPECT_EQ(read_array(out / map["file"].get<std::string>()).size(0), 4);
    EXPECT_EQ(read_array(out / part["library_mean"].get<std::string>()).size(0), 64);
  }
  EXPECT_TRUE(std::filesystem::exists(out / "cam.stages.2.0.class5.npy"));
}

TEST(CamCli, OrderCamWritesAMapAnOrder) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, {"cam", kHornet, "--input", kInput, "--layer", "stages.2.1", "--method",
                                         "order-cam", "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json::parse(result.out)["maps"].size(), 7U);  // degrees 0 to 5, and their sum
}

TEST(CamCli, WhatWouldBeNoiseIsAWarning) {
  const test::TemporaryFolder out;
  const auto result = run_program(
      kCli, {"cam", kHornet, "--input", kInput, "--layer", "stages.2.1", "--method", "hirescam", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, testing::StartsWith("warning: "));
  EXPECT_THAT(result.err, HasSubstr("zero by construction"));
  EXPECT_EQ(read_array(out / "cam.npy").abs().max().item<float>(), 0);
}

TEST(CamCli, AnOptionThatTheMethodDoesNotHaveIsAWarning) {
  const test::TemporaryFolder out;
  const auto result = run_program(
      kCli, {"cam", kHornet, "--input", kInput, "--method", "occlusion", "--layer", "stages.2.1", "-o", out.string()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("--layer"));
}

TEST(CamCli, FaithfulnessWritesNumbersCurvesAndCharts) {
  const test::TemporaryFolder out;
  const auto result =
      run_program(kCli, {"faithfulness", kHornet, "--input", kInput, "--layer", "stages.2.1", "--method", "layercam",
                         "--steps", "5", "--box", "0,0,64,64", "--class", "3", "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json written = json::parse(result.out);
  for (const char* name : {"confidence", "deletion.auc", "insertion.auc", "road.combined", "average_drop",
                           "increase_in_confidence", "pointing.hit", "randomisation.rank"})
    EXPECT_TRUE(written["numbers"].contains(name)) << name;
  EXPECT_EQ(written["numbers"]["pointing.hit"], 1);
  ASSERT_EQ(written["curves"].size(), 6U);
  EXPECT_EQ(written["curves"][0]["name"], "deletion");
  EXPECT_EQ(written["curves"][0]["y"].size(), 6U);
  EXPECT_EQ(read_array(out / "cam.npy").size(0), 4);
  for (const char* picture : {"cam.png", "faithfulness.png", "randomisation.png"})
    EXPECT_TRUE(decode_image(out / picture)) << picture;
  EXPECT_EQ(read_json(out / "faithfulness.json"), written);
}

TEST(CamCli, FailuresAreOneClearLine) {
  const test::TemporaryFolder out;
  const std::string o = out.string();
  const std::vector<std::vector<std::string>> cases{
      {"cam", kHornet, "--input", kInput, "--method", "scorecam", "--layer", "stages.2.9", "-o", o},
      {"cam", kHornet, "--input", kInput, "--layer", "stages.3.0,stages.2.9", "-o", o},
      {"cam", kHornet, "--input", kInput, "--method", "occlusion", "--window", "100", "-o", o},
      {"cam", kHornet, "--input", kInput, "--classes", "1,99", "-o", o},
      {"cam", golden("small/convnext/official.pth"), "--input", kInput, "--method", "order-cam", "-o", o},
      {"faithfulness", kHornet, "--input", kInput, "--layer", "stages.2.*", "-o", o},
      {"faithfulness", kHornet, "--input", kInput, "--box", "70,70,5,5", "--steps", "2", "-o", o},
  };
  for (const auto& arguments : cases) {
    const auto result = run_program(kCli, arguments);
    EXPECT_EQ(result.exit_code, 1) << testing::PrintToString(arguments);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_THAT(result.err, testing::StartsWith("error: "));
  }
  for (const std::vector<std::string>& usage :
       {std::vector<std::string>{"cam", kHornet, "--input", kInput, "--method", "nonsense", "-o", o},
        {"cam", kHornet, "--input", kInput, "--class", "1", "--classes", "1,2", "-o", o},
        {"cam", kHornet, "--input", kInput, "--classes", "-1", "-o", o},
        {"faithfulness", kHornet, "--input", kInput, "--box", "1,2", "-o", o},
        {"faithfulness", kHornet, "--input", kInput, "--steps", "0", "-o", o}})
    EXPECT_EQ(run_program(kCli, usage).exit_code, 2) << testing::PrintToString(usage);
}

}  // namespace
}  // namespace orderscope
