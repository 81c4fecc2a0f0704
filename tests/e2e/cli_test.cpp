// SPDX-License-Identifier: GPL-3.0-or-later
// The command line as a script uses it.
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
using test::run_program;
using testing::HasSubstr;

const std::string kCli = "orderscope-cli";
const std::string kHornet = golden("small/hornet_7x7/official.pth");
const std::string kInput = golden("small/hornet_7x7/in64x64/input.npy");
const std::string kPhoto = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png";

int lines(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

TEST(Cli, InfoTellsWhatTheCheckpointHolds) {
  const auto result = run_program(kCli, {"info", golden("small/hornet_gf/official.pth"), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json info = json::parse(result.out);
  EXPECT_EQ(info["family"], "hornet");
  EXPECT_EQ(info["depths"], json({1, 1, 2, 1}));
  EXPECT_EQ(info["dims"], json({16, 32, 64, 128}));
  EXPECT_EQ(info["orders"], json({2, 3, 4, 5}));
  EXPECT_EQ(info["mixers"], json({"gnconv-7x7", "gnconv-7x7", "gnconv-gf", "gnconv-gf"}));
  EXPECT_EQ(info["classes"], 10);
  EXPECT_EQ(info["image_size"], 64);
  EXPECT_EQ(info["sha256"], "ae47b84083fc1c7778016ed3397fc3022a1d5a0fb6231124c2b77025c15414fe");
  EXPECT_THAT(info["taps"].get<std::vector<std::string>>(),
              testing::IsSupersetOf({"stages.2.1.gnconv.gate.4", "norm", "logits"}));
  EXPECT_GT(info["macs"].get<std::int64_t>(), 0);
}

TEST(Cli, ForwardWritesLogitsAndTaps) {
  const test::TemporaryFolder out;
  const auto result =
      run_program(kCli, {"forward", kHornet, "--input", kInput, "--taps", "stages.2.1.gnconv.*", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(lines(result.out), 5) << result.out;
  EXPECT_LT(test::max_abs_difference(read_array(out / "logits.npy"),
                                     test::golden_array("small/hornet_7x7/in64x64/logits.npy")),
            3e-5);
  const at::Tensor gate = read_array(out / "stages.2.1.gnconv.gate.1.npy");
  EXPECT_LT(test::max_abs_difference(gate, test::golden_array("small/hornet_7x7/in64x64/taps/s3b2.dw_0.npy")), 5e-5);
  EXPECT_FALSE(std::filesystem::exists(out / "stages.3.0.gnconv.gate.1.npy"));
}

TEST(Cli, PreprocessIsByteEqualToPillow) {
  const test::TemporaryFolder out;
  const auto result =
      run_program(kCli, {"preprocess", kPhoto, "--size", "224", "-o", out / "x.npy", "--uint8", out / "x.png"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_array(out / "x.npy").sizes(), (std::vector<std::int64_t>{1, 3, 224, 224}));
  const auto ours = decode_image(out / "x.png");
  const auto pillow = decode_image(golden("preprocess/chelsea_crop224.png"));
  ASSERT_TRUE(ours && pillow);
  EXPECT_EQ(ours->image.rgb, pillow->image.rgb);
}

TEST(Cli, OrdersWritesMapsPicturesAndJson) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, {"orders", kHornet, "--image", kPhoto, "--block", "stages.2.1", "--class", "3",
                                         "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json orders = json::parse(result.out);
  ASSERT_EQ(orders["blocks"].size(), 1U);
  const json block = orders["blocks"][0];
  EXPECT_EQ(block["maps"].size(), 1U + 3 * 4);
  for (const json& map : block["maps"])
    EXPECT_EQ(read_array(out / map["file"].get<std::string>()).sizes(), (std::vector<std::int64_t>{14, 14}));
  EXPECT_TRUE(decode_image(out / block["picture"].get<std::string>()));
  EXPECT_EQ(orders["class"]["index"], 3);
  EXPECT_EQ(orders["provenance"]["model_sha256"].get<std::string>().size(), 64U);
}

TEST(Cli, CamWritesTheRawMap) {
  const test::TemporaryFolder out;
  const std::string folder = "cam/swin_64x64/";
  const auto result =
      run_program(kCli, {"cam", golden("small/swin/official.pth"), "--input", golden(folder + "input.npy"), "--layer",
                         "layers.2.blocks.1.norm1", "--class", "4", "--method", "gradcam", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const at::Tensor expected = test::golden_array(folder + "s3b2.norm1/GradCAM.raw.npy");
  EXPECT_LT(test::max_abs_difference(read_array(out / "cam.npy"), expected),
            2e-5 * expected.abs().max().item<double>());
  EXPECT_TRUE(decode_image(out / "cam.png"));
}

TEST(Cli, FailuresAreOneClearLineAndExitCodeOne) {
  const test::TemporaryFolder out;
  const std::vector<std::vector<std::string>> cases{
      {"info", golden("bad/text.pth")},
      {"info", "/nowhere/model.pth"},
      {"info", golden("bad/missing_key.pth")},
      {"forward", kHornet, "--image", golden("preprocess/odd/truncated.jpg"), "-o", out.string()},
      {"forward", kHornet, "--input", kInput, "--taps", "nothing.*", "-o", out.string()},
      {"cam", kHornet, "--input", kInput, "--layer", "stages.9.9", "-o", out.string()},
      {"cam", kHornet, "--input", kInput, "--layer", "stages.2.1", "--class", "10", "-o", out.string()},
      {"orders", golden("small/convnext/official.pth"), "--input", kInput, "-o", out.string()},
      {"info", kHornet, "--device", "nonsense"},
  };
  for (const auto& arguments : cases) {
    const auto result = run_program(kCli, arguments);
    EXPECT_EQ(result.exit_code, 1) << testing::PrintToString(arguments);
    EXPECT_EQ(lines(result.err), 1) << result.err;
    EXPECT_THAT(result.err, testing::StartsWith("error: "));
    EXPECT_EQ(result.out, "");
  }
  EXPECT_THAT(run_program(kCli, {"info", golden("bad/wrong_shape.pth")}).err,
              testing::AllOf(HasSubstr("stages.1.0.gnconv.proj_in.weight"), HasSubstr("expected")));
}

TEST(Cli, WrongUsageIsExitCodeTwo) {
  const std::vector<std::vector<std::string>> cases{
      {},
      {"nonsense"},
      {"info"},
      {"forward", kHornet, "-o", "x"},
      {"cam", kHornet, "--image", kPhoto, "--layer", "norm", "--class", "many", "-o", "x"},
      {"cam", kHornet, "--image", kPhoto, "--layer", "norm", "--class", "-1", "-o", "x"},
      {"forward", kHornet, "--image", kPhoto, "--input", kInput, "-o", "x"},
      {"preprocess", kPhoto, "-o", "x.npy"}};
  for (const auto& arguments : cases)
    EXPECT_EQ(run_program(kCli, arguments).exit_code, 2) << testing::PrintToString(arguments);
  EXPECT_EQ(run_program(kCli, {"--help"}).exit_code, 0);
  EXPECT_EQ(run_program(kCli, {"orders", "--help"}).exit_code, 0);
}

}  // namespace
}  // namespace orderscope
