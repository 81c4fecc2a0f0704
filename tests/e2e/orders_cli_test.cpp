// SPDX-License-Identifier: GPL-3.0-or-later
// Interaction orders, order spectra, flows and kernels as a script asks for them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

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
const std::string kPhoto = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png";

std::string weights(const std::string& model) { return golden("small/" + model + "/official.pth"); }

TEST(OrdersCli, TakesABlockApartAsTheReferenceDoes) {
  for (const auto& [model, by] :
       {std::pair<std::string, std::string>{"hornet_7x7", "degree"}, {"hornet_7x7", "gates"}, {"hornet_gf", "gates"}}) {
    const test::TemporaryFolder out;
    const std::string fixture = "orders/" + model + "/";
    const json manifest = test::golden_json(fixture + "manifest.json");
    const auto result = run_program(kCli, {"orders", weights(model), "--input", golden(manifest["input"]),
                                           "--decompose", by, "--class", "3", "-o", out.string(), "--json"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const json orders = json::parse(result.out);
    ASSERT_EQ(orders["blocks"].size(), 5U);
    for (const json& block : orders["blocks"]) {
      const std::string name = block["block"];
      const json& expected = manifest["blocks"][name];
      const std::string suffix = by == "degree" ? "_norm_bias" : "";
      const auto energies = expected["by_" + by + "_energy" + suffix].get<std::vector<double>>();
      const auto contributions = expected["by_" + by + "_contribution" + suffix].get<std::vector<double>>();
      double sum = 0;
      for (std::size_t i = 0; i < energies.size(); ++i) {
        // 1e-4 of the largest of the list, as the manifest says.
        EXPECT_NEAR(block["energies"][i].get<double>(), energies[i], 1e-4 * *std::ranges::max_element(energies));
        sum += block["contributions"][i].get<double>();
      }
      EXPECT_EQ(block["contributions"].size(), contributions.size());
      EXPECT_NEAR(block["sum_contribution"].get<double>(), expected["sum_contribution"].get<double>(), 1e-4);
      EXPECT_NEAR(sum, block["sum_contribution"].get<double>(), 1e-4);
      for (const std::string& file : {name + ".by_" + by + ".npy", name + ".by_" + by + "_map.npy"}) {
        if (!std::filesystem::exists(golden(fixture + file))) continue;
        const at::Tensor reference = test::golden_array(fixture + file);
        EXPECT_LT(test::max_abs_difference(read_array(out / file), reference),
                  2e-5 * reference.abs().max().item<double>());
      }
      EXPECT_TRUE(decode_image(out / block["picture"].get<std::string>()));
    }
    EXPECT_EQ(orders["matrices"]["contributions"]["rows"].size(), 5U);
    EXPECT_EQ(orders["pictures"].size(), 2U);
    for (const json& picture : orders["pictures"]) EXPECT_TRUE(decode_image(out / picture.get<std::string>()));
  }
}

TEST(OrdersCli, DegreesOfGlobalFiltersAreRefusedAndGatesOffered) {
  const test::TemporaryFolder out;
  const auto refused = run_program(kCli, {"orders", weights("hornet_gf"), "--image", kPhoto, "--decompose", "degree",
                                          "--block", "stages.2.1", "-o", out.string()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, testing::AllOf(testing::StartsWith("error: "), HasSubstr("--decompose gates")));
  EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1);

  const auto some = run_program(kCli, {"orders", weights("hornet_gf"), "--image", kPhoto, "--decompose", "degree",
                                       "--origin", "spatial-mean", "-o", out.string()});
  EXPECT_EQ(some.exit_code, 0) << some.err;
  EXPECT_THAT(some.err, testing::AllOf(testing::StartsWith("warning: "), HasSubstr("stages.2.1")));
  EXPECT_TRUE(std::filesystem::exists(out / "stages.1.0.by_degree.npy"));
  EXPECT_FALSE(std::filesystem::exists(out / "stages.2.1.by_degree.npy"));
}

TEST(OrdersCli, SpectrumPutsAllFamiliesOnOneScale) {
  for (const std::string model : {"hornet_7x7", "hornet_gf", "swin", "convnext"}) {
    const test::TemporaryFolder out;
    const auto result =
        run_program(kCli, {"spectrum", weights(model), "--input", golden("small/" + model + "/in64x64/input.npy"),
                           "--block", "*.1", "-o", out.string(), "--json"});
    const json spectrum = json::parse(result.out, nullptr, false);
    if (model == "swin") {
      EXPECT_EQ(result.exit_code, 1);  // a batch of two
      continue;
    }
    ASSERT_EQ(result.exit_code, 0) << result.err;
    for (const json& block : spectrum["blocks"]) {
      EXPECT_EQ(block["unexplained"].size(), 9U);
      EXPECT_EQ(block["series"].get<bool>(), model == "hornet_gf");
      if (model == "convnext") {
        EXPECT_LT(block["unexplained"][1].get<double>(), 1e-20);
      }
      if (model == "hornet_7x7") {
        EXPECT_EQ(block["degree"], 5);
      }
    }
    EXPECT_TRUE(decode_image(out / "spectrum.png"));
    std::ifstream csv(out / "spectrum.csv");
    std::string header;
    std::getline(csv, header);
    EXPECT_THAT(header, testing::StartsWith("block,mixer,kind,origin,degree,unexplained_0"));
  }
  const test::TemporaryFolder out;
  const auto swin = run_program(kCli, {"spectrum", weights("swin"), "--image", kPhoto, "-o", out.string(), "--json"});
  ASSERT_EQ(swin.exit_code, 0) << swin.err;
  EXPECT_EQ(json::parse(swin.out)["blocks"].size(), 8U);
}

TEST(OrdersCli, FlowWritesTheDepthProfile) {
  const test::TemporaryFolder out;
  const auto result = run_program(
      kCli, {"flow", weights("hornet_gf"), "--image", kPhoto, "--class", "2", "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json flow = json::parse(result.out);
  ASSERT_EQ(flow["blocks"].size(), 5U);
  EXPECT_EQ(flow["blocks"][3]["gates"].size(), 4U);
  EXPECT_EQ(flow["pictures"].size(), 12U);
  std::ifstream csv(out / "flow.csv");
  EXPECT_EQ(std::count(std::istreambuf_iterator<char>(csv), {}, '\n'), 1 + 2 * (2 + 3 + 4 + 4 + 5));
}

TEST(OrdersCli, KernelsWritesWeightsByOrder) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, {"kernels", weights("hornet_gf"), "--block", "stages.1.0,stages.3.0", "--size",
                                         "96", "80", "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_array(out / "stages.1.0.kernel.2.npy").sizes(), (std::vector<std::int64_t>{16, 7, 7}));
  EXPECT_EQ(read_array(out / "stages.3.0.magnitude.5.npy").sizes(), (std::vector<std::int64_t>{64, 3, 2}));
  EXPECT_EQ(read_array(out / "stages.3.0.impulse.5.npy").sizes(), (std::vector<std::int64_t>{64, 3, 2}));
  EXPECT_TRUE(decode_image(out / "stages.3.0.kernels.png"));
}

TEST(OrdersCli, NaNIsAWarning) {
  const test::TemporaryFolder out;
  const std::string nan = (out / "nan.npy").string();
  ASSERT_TRUE(write_npy(nan, at::full({1, 3, 64, 64}, NAN)));
  const std::vector<std::vector<std::string>> commands{{"orders"}, {"orders", "--decompose", "degree"}, {"flow"}};
  for (std::vector<std::string> command : commands) {
    command.insert(command.end(), {weights("hornet_7x7"), "--input", nan, "--class", "1", "-o", out.string()});
    const auto result = run_program(kCli, command);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("NaN or Inf")) << command[0];
  }
}

TEST(OrdersCli, BlocksAreNamedByStageOrCountedFromOne) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, {"flow", weights("hornet_7x7"), "--image", kPhoto, "--block", "stages.2,s4b1",
                                         "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json::parse(result.out)["blocks"].size(), 3U);
}

TEST(OrdersCli, FailuresAreOneLine) {
  const test::TemporaryFolder out;
  const std::vector<std::vector<std::string>> cases{
      {"orders", weights("hornet_7x7"), "--image", kPhoto, "--decompose", "gates", "--block", "stages.7.*", "-o",
       out.string()},
      {"orders", weights("hornet_7x7"), "--image", kPhoto, "--block", "stages.2.0,stages.7", "-o", out.string()},
      {"orders", weights("convnext"), "--image", kPhoto, "--decompose", "gates", "-o", out.string()},
      {"orders", weights("hornet_7x7"), "--image", kPhoto, "--decompose", "gates", "--class", "10", "-o", out.string()},
      {"spectrum", weights("convnext"), "--image", kPhoto, "--block", "layers.*", "-o", out.string()},
      {"flow", weights("swin"), "--image", kPhoto, "-o", out.string()},
      {"kernels", weights("swin"), "--block", "*", "-o", out.string()},
      {"kernels", weights("hornet_gf"), "--block", "*", "--size", "8", "-o", out.string()},
  };
  for (const auto& arguments : cases) {
    const auto result = run_program(kCli, arguments);
    EXPECT_EQ(result.exit_code, 1) << testing::PrintToString(arguments);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_THAT(result.err, testing::StartsWith("error: "));
  }
  EXPECT_EQ(
      run_program(kCli, {"orders", weights("hornet_7x7"), "--image", kPhoto, "--decompose", "nonsense", "-o", "x"})
          .exit_code,
      2);
  EXPECT_EQ(
      run_program(kCli, {"orders", weights("hornet_7x7"), "--image", kPhoto, "--origin", "zero", "-o", "x"}).exit_code,
      2);
}

}  // namespace
}  // namespace orderscope
