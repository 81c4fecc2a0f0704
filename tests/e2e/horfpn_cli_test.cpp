// SPDX-License-Identifier: GPL-3.0-or-later
// HorFPN's gnConvs and the head's interpolation, through the command line.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/e2e/output_files.h"
#include "tests/e2e/run_program.h"
#include "tests/horfpn.h"
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

std::string golden(const std::string& relative) { return *test::golden_or_shared(relative); }

TEST(HorFpn, OrdersAreShownAsTheBackbonesAre) {
  for (const bool filter : {false, true}) {
    const test::TemporaryFolder out;
    const auto result = run_program(kCli, {"orders", test::write_horfpn(out.path(), filter), "--input",
                                           golden("dense/" + kFixture + "whole/input.npy"), "--region", "0,0,64,64",
                                           "--block", "decode_head.*", "-o", out.string()});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const json orders = read_json(out / "orders.json");
    ASSERT_EQ(orders["blocks"].size(), 1u);
    EXPECT_EQ(orders["blocks"][0]["block"], "decode_head.fpn_bottleneck");
    EXPECT_EQ(orders["blocks"][0]["order"], 2);
    EXPECT_TRUE(std::filesystem::exists(out / "decode_head.fpn_bottleneck.contribution.2.npy"));
  }
}

TEST(HorFpn, OutputIsTakenApartAndHasASpectrum) {
  const test::TemporaryFolder out;
  const std::string model = test::write_horfpn(out.path(), false),
                    input = golden("dense/" + kFixture + "whole/input.npy");
  auto result = run_program(kCli, {"orders", model, "--input", input, "--decompose", "degree", "--region", "0,0,64,64",
                                   "--block", "decode_head.*", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json orders = read_json(out / "orders.json");
  ASSERT_EQ(orders["blocks"].size(), 1u);
  EXPECT_EQ(orders["blocks"][0]["terms"].size(), 4u);  // degrees 0 to order + 1
  double sum = 0, size = 1;
  for (const double c : orders["blocks"][0]["contributions"]) sum += c, size += std::abs(c);
  EXPECT_NEAR(sum, orders["blocks"][0]["sum_contribution"].get<double>(), 1e-4 * size);  // float32

  result = run_program(
      kCli, {"spectrum", model, "--input", input, "--block", "decode_head.*,stages.3.0", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json spectrum = read_json(out / "spectrum.json");
  ASSERT_EQ(spectrum["blocks"].size(), 2u);
  EXPECT_EQ(spectrum["blocks"][1]["degree"], 3);
  EXPECT_EQ(spectrum["blocks"][1]["origin"], "zero");
}

TEST(AlignCorners, IsAnOptionOfEveryCommandThatReadsASegmenter) {
  const std::string model = golden("dense/" + kFixture + "checkpoint.pth"),
                    input = golden("dense/" + kFixture + "whole/input.npy");
  const test::TemporaryFolder plain, aligned;
  const auto run = [&](std::vector<std::string> arguments) {
    for (const bool align : {false, true}) {
      std::vector<std::string> all = arguments;
      if (align) all.emplace_back("--align-corners");
      all.insert(all.end(), {"-o", (align ? aligned : plain).string()});
      const auto result = run_program(kCli, all);
      EXPECT_EQ(result.exit_code, 0) << all[0] << ": " << result.err;
    }
  };
  const auto differ = [&](const std::string& file) {
    return test::max_abs_difference(read_array(plain / file), read_array(aligned / file)) > 1e-6;
  };
  run({"segment", model, "--input", input, "--mode", "whole"});
  EXPECT_TRUE(differ("logits.npy"));
  run({"forward", model, "--input", input, "--taps", "decode_head.fpn_bottleneck"});
  EXPECT_TRUE(differ("decode_head.fpn_bottleneck.npy"));
  run({"cam", model, "--input", input, "--region", "0,0,64,64", "--class", "1", "--method", "gradcam"});
  EXPECT_TRUE(differ("cam.npy"));
  run({"orders", model, "--input", input, "--region", "0,0,64,64", "--class", "1", "--block", "stages.3.0"});
  EXPECT_TRUE(differ("stages.3.0.contribution.1.npy"));
  run({"spectrum", model, "--input", input, "--block", "stages.0.0"});
  run({"info", model});
  EXPECT_EQ(read_json(aligned / "info.json")["dense"]["head"]["align_corners"], true);
  const auto refused = run_program(kCli, {"info", golden("small/hornet_7x7/official.pth"), "--align-corners"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("is no segmenter"));
}

}  // namespace
}  // namespace orderscope
