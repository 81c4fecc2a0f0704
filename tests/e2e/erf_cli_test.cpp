// SPDX-License-Identifier: GPL-3.0-or-later
// erf, cka, agreement, pca, layers and diff as a script uses them.
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
const std::string kHornet = golden("small/hornet_gf/official.pth");
const std::string kConvNeXt = golden("small/convnext/official.pth");
const std::string kImages = golden("erf/images.npy");
const std::string kPhotos = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples";
const std::string kPhoto = kPhotos + "/chelsea.png";

TEST(ErfCommand, EqualsTheReferenceAndWritesFiguresControlAndOrders) {
  const test::TemporaryFolder out;
  const auto result =
      run_program(kCli, {"erf", kHornet, "--images", kImages, "--protocol", "replknet", "--size", "native", "--control",
                         "--by-order", "--bootstrap", "100", "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const at::Tensor expected = test::golden_array("erf/hornet_gf/mean.npy");
  EXPECT_LT(test::max_abs_difference(read_array(out / "erf.npy"), expected), 1e-4 * expected.max().item<double>());
  const json erf = json::parse(result.out), manifest = test::golden_json("erf/hornet_gf/manifest.json");
  for (const std::string t : {"0.2", "0.3", "0.5", "0.99"}) {
    EXPECT_EQ(erf["ratios"][t]["side"], manifest["r_float64_log"][t]["side"]) << t;
    EXPECT_EQ(erf["ratios_float32"][t]["side"], manifest["r_float32_log_as_original"][t]["side"]) << t;
    EXPECT_EQ(erf["ratios_linear"][t]["side"], manifest["r_linear_no_log_SLaK"][t]["side"]) << t;
  }
  EXPECT_LE(erf["ratios"]["0.5"]["low"], erf["ratios"]["0.5"]["ratio"]);
  EXPECT_GE(erf["ratios"]["0.5"]["high"], erf["ratios"]["0.5"]["ratio"]);
  EXPECT_EQ(erf["protocol"], "replknet");
  EXPECT_EQ(erf["images"]["used"], 6);
  EXPECT_EQ(erf["images"]["skipped_nan"], 0);
  EXPECT_GT(erf["half_mass_radius"].get<double>(), 0);
  EXPECT_EQ(erf["orders"].size(), 6U);
  EXPECT_TRUE(erf["control"]["ratios"].contains("0.2"));
  EXPECT_EQ(erf["provenance"]["image_sha256"].get<std::string>().size(), 64U);
  for (const std::string name : {"erf.npy", "erf.control.npy", "erf.order.5.npy", "erf.scaled.npy"})
    EXPECT_EQ(read_array(out / name).sizes(), (std::vector<std::int64_t>{128, 128})) << name;
  for (const std::string name : {"erf.png", "erf.profile.png", "erf.mass.png"})
    EXPECT_TRUE(decode_image(out / name)) << name;
  // Fewer than the protocol's fifty, and said so.
  EXPECT_THAT(result.err, HasSubstr("warning: averaged over 6 images"));
}

TEST(ErfCommand, TakesFoldersAndListsAndARatioNotReachedIsNull) {
  const test::TemporaryFolder out;
  std::ofstream(out / "list.txt") << "# two photos\n" << kPhoto << "\n\n" << kPhotos << "/dog.jpg\n";
  std::vector<std::string> arguments{"erf",      golden("small/hornet_7x7/official.pth"),
                                     "--images", out / "list.txt",
                                     "--size",   "128",
                                     "--count",  "2",
                                     "-o",       out / "a",
                                     "--json"};
  const auto outside = run_program(kCli, arguments);
  EXPECT_EQ(outside.exit_code, 1);
  EXPECT_THAT(outside.err, HasSubstr("lies outside the folder of the list")) << "the list was made by anybody";
  arguments.emplace_back("--allow-outside");
  const auto listed = run_program(kCli, arguments);
  ASSERT_EQ(listed.exit_code, 0) << listed.err;
  const json erf = json::parse(listed.out);
  EXPECT_EQ(erf["images"]["used"], 2);
  EXPECT_TRUE(erf["ratios"].contains("0.99"));
  const auto folder = run_program(kCli, {"erf", kConvNeXt, "--images", kPhotos, "--size", "96", "--count", "2",
                                         "--protocol", "vmamba", "--layer", "stages.2.1", "-o", out / "b", "--json"});
  ASSERT_EQ(folder.exit_code, 0) << folder.err;
  EXPECT_EQ(json::parse(folder.out)["layer"], "stages.2.1");
  const auto native = run_program(kCli, {"erf", kConvNeXt, "--images", kPhoto, "--size", "native", "-o", out / "c"});
  ASSERT_EQ(native.exit_code, 0) << native.err;
  EXPECT_EQ(read_array(out.path() / "c" / "erf.npy").sizes(), (std::vector<std::int64_t>{300, 451}));
}

TEST(CkaCommand, EqualsTheReference) {
  const test::TemporaryFolder out;
  const at::Tensor x = test::golden_array("cka/inputs_x64_int16.npy").to(at::kFloat) / 64;
  ASSERT_TRUE(write_npy(out / "x.npy", x));
  const auto result = run_program(kCli, {"cka", golden("small/hornet_7x7/official.pth"), kConvNeXt, "--input",
                                         out / "x.npy", "--estimator", "unbiased", "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json expected = test::golden_json("cka/manifest.json")["matrices"]["unbiased:hornet_7x7|convnext"];
  const at::Tensor found = read_array(out / "cka.npy");
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j) EXPECT_NEAR(found[i][j].item<double>(), expected[i][j].get<double>(), 1e-3);
  EXPECT_EQ(json::parse(result.out)["matrix"]["rows"][3], "stages.2.1");
  EXPECT_TRUE(decode_image(out / "cka.png"));
  EXPECT_TRUE(std::filesystem::exists(out / "cka.csv"));
  const auto photos = run_program(kCli, {"cka", kHornet, kConvNeXt, "--images", kPhotos, "--size", "64", "--count", "4",
                                         "--layers-a", "stages.3.*,norm", "-o", out / "photos"});
  EXPECT_EQ(photos.exit_code, 0) << photos.err;
}

TEST(OtherComparisons, RunOnPhotos) {
  const test::TemporaryFolder out;
  const auto pca =
      run_program(kCli, {"pca", kHornet, kConvNeXt, "--image", kPhoto, "--size", "128", "-o", out / "pca", "--json"});
  ASSERT_EQ(pca.exit_code, 0) << pca.err;
  EXPECT_EQ(json::parse(pca.out)["models"].size(), 2U);
  EXPECT_EQ(read_array(out.path() / "pca" / "pca.1.npy").sizes(), (std::vector<std::int64_t>{3, 8, 8}));
  EXPECT_TRUE(decode_image(out.path() / "pca" / "pca.png"));

  const auto layers = run_program(kCli, {"layers", kHornet, "--image", kPhoto, "-o", out / "layers", "--json"});
  ASSERT_EQ(layers.exit_code, 0) << layers.err;
  EXPECT_EQ(json::parse(layers.out)["layers"].size(), 5U);
  EXPECT_TRUE(decode_image(out.path() / "layers" / "layers.energy.png"));

  const auto agreement = run_program(kCli, {"agreement", kHornet, kConvNeXt, "--images", kPhotos, "--size", "64",
                                            "--count", "3", "-o", out / "agreement", "--json"});
  ASSERT_EQ(agreement.exit_code, 0) << agreement.err;
  EXPECT_EQ(json::parse(agreement.out)["pairs"].size(), 1U);
}

TEST(DiffCommand, MeasuresAndFailsBeyondTheTolerance) {
  const test::TemporaryFolder out;
  const at::Tensor a = at::arange(20).view({4, 5}).to(at::kFloat);
  ASSERT_TRUE(write_npy(out / "a.npy", a));
  ASSERT_TRUE(write_npy(out / "b.npy", a + 0.25));
  ASSERT_TRUE(write_npy(out / "c.npy", at::ones({8, 10})));
  const auto within =
      run_program(kCli, {"diff", out / "a.npy", out / "b.npy", "--tolerance", "0.25", "-o", out / "d", "--json"});
  ASSERT_EQ(within.exit_code, 0) << within.err;
  EXPECT_EQ(json::parse(within.out)["max_abs"], 0.25);
  EXPECT_EQ(read_array(out.path() / "d" / "diff.npy").sizes(), (std::vector<std::int64_t>{4, 5}));
  EXPECT_TRUE(decode_image(out.path() / "d" / "diff.png"));
  const auto beyond = run_program(kCli, {"diff", out / "a.npy", out / "b.npy", "--tolerance", "0.2"});
  EXPECT_EQ(beyond.exit_code, 1);
  EXPECT_THAT(beyond.err, HasSubstr("0.25"));
  const auto shapes = run_program(kCli, {"diff", out / "a.npy", out / "c.npy"});
  EXPECT_EQ(shapes.exit_code, 1);
  EXPECT_THAT(shapes.err, testing::AllOf(HasSubstr("4 x 5"), HasSubstr("resolution")));
}

TEST(ComparisonCommands, BadInputIsOneClearLine) {
  const test::TemporaryFolder out;
  std::filesystem::create_directory(out / "empty");
  ASSERT_TRUE(write_npy(out / "float.npy", at::zeros({2, 64, 64, 3})));
  const std::string swin = golden("small/swin128/official.pth");
  const std::vector<std::vector<std::string>> cases{
      {"erf", kHornet, "--images", out / "empty", "-o", out.string()},
      {"erf", kHornet, "--images", out / "nowhere", "-o", out.string()},
      {"erf", kHornet, "--images", out / "float.npy", "-o", out.string()},
      {"erf", kHornet, "--images", kImages, "--size", "16", "-o", out.string()},
      {"erf", kHornet, "--images", kImages, "--size", "native", "--layer", "norm", "-o", out.string()},
      {"erf", kHornet, "--images", kPhotos, "--size", "native", "-o", out.string()},
      {"erf", swin, "--images", kImages, "--count", "1", "-o", out.string()},
      {"erf", kConvNeXt, "--images", kImages, "--size", "64", "--by-order", "-o", out.string()},
      {"cka", kHornet, kConvNeXt, "--images", kImages, "--size", "64", "--count", "1", "-o", out.string()},
      {"cka", kHornet, kConvNeXt, "--input", kImages, "-o", out.string()},
      {"cka", kHornet, kConvNeXt, "--images", kImages, "--layers-a", "nothing.*", "-o", out.string()},
      {"pca", kHornet, "--image", kPhoto, "--layer", "norm", "-o", out.string()},
      {"diff", out / "float.npy", out / "nowhere.npy"},
  };
  for (const auto& arguments : cases) {
    const auto result = run_program(kCli, arguments);
    EXPECT_EQ(result.exit_code, 1) << testing::PrintToString(arguments);
    EXPECT_THAT(result.err, HasSubstr("error: ")) << testing::PrintToString(arguments);
  }
  EXPECT_EQ(run_program(kCli, {"erf", kHornet, "--images", kImages, "--size", "big", "-o", "x"}).exit_code, 2);
  EXPECT_EQ(run_program(kCli, {"erf", kHornet, "--images", kImages, "--protocol", "mine", "-o", "x"}).exit_code, 2);
}

}  // namespace
}  // namespace orderscope
