// SPDX-License-Identifier: GPL-3.0-or-later
// ablate, attention and interactions as a script uses them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/files.h"
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
namespace fs = std::filesystem;

const std::string kCli = "orderscope-cli";
const std::string kHornet = golden("small/hornet_7x7/official.pth");
const std::string kSwin = golden("small/swin/official.pth");
const std::string kInput = golden("small/hornet_7x7/in64x64/input.npy");
const std::string kSamples = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/";

std::size_t lines(const fs::path& path) {
  const auto text = read_text_file(path);
  return text ? static_cast<std::size_t>(std::count(text->begin(), text->end(), '\n')) : 0;
}

/// A folder of `classes` classes of one picture each.
void make_folder(const fs::path& root, int classes) {
  const std::vector<std::string> photos{"chelsea.png", "coffee.png", "dog.jpg"};
  for (int c = 0; c < classes; ++c) {
    const fs::path folder = root / ("0" + std::to_string(c) + "_class");
    fs::create_directories(folder);
    fs::copy_file(kSamples + photos[static_cast<std::size_t>(c)], folder / photos[static_cast<std::size_t>(c)]);
  }
}

TEST(Ablate, OneOrderWithItsCams) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, {"ablate", kHornet, "--image", kSamples + "chelsea.png", "--order", "2",
                                         "--block", "stages.2", "--class", "3", "--cam", "-o", out.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json found = json::parse(result.out);
  EXPECT_EQ(found["taps"].size(), 2U);
  const double before = read_array(out / "logits.before.npy")[0][3].item<double>();
  const double after = read_array(out / "logits.after.npy")[0][3].item<double>();
  EXPECT_EQ(found["before"]["logit"].get<double>(), before);
  EXPECT_EQ(found["change"]["logit"].get<double>(), after - before);
  EXPECT_NE(after, before);
  const at::Tensor change = read_array(out / "cam.after.npy") - read_array(out / "cam.before.npy");
  EXPECT_LT(test::max_abs_difference(change, read_array(out / "cam.change.npy")), 1e-6);
  EXPECT_TRUE(decode_image(out / "cam.png"));
}

TEST(Ablate, TheWholeSweep) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, {"ablate", kHornet, "--input", kInput, "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json found = read_json(out / "ablate.json");
  EXPECT_EQ(found["effects"].size(), 2U + 3 + 2 * 4 + 5);
  EXPECT_EQ(found["matrices"][0]["rows"].size(), 5U);
  EXPECT_TRUE(found["matrices"][0]["values"][0][4].is_null());
  EXPECT_EQ(lines(out / "ablate.csv"), 1 + found["effects"].size());
  EXPECT_TRUE(decode_image(out / "ablate.png"));

  // Each cell is what the single edit gives.
  const test::TemporaryFolder single;
  const auto one = run_program(kCli, {"ablate", kHornet, "--input", kInput, "--order", "3", "--block", "stages.2.1",
                                      "-o", single.string(), "--json"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  for (const json& effect : found["effects"])
    if (effect["block"] == "stages.2.1" && effect["order"] == 3) {
      EXPECT_NEAR(effect["logit_change"].get<double>(), json::parse(one.out)["change"]["logit"].get<double>(), 2e-5);
    }
}

TEST(Ablate, ModesOfEditing) {
  const std::vector<std::vector<std::string>> modes{
      {"--mode", "mean"}, {"--factor", "1"}, {"--mode", "scale", "--factor", "-2"}, {"--other", kSamples + "dog.jpg"}};
  for (const auto& mode : modes) {
    const test::TemporaryFolder out;
    std::vector<std::string> arguments{"ablate",  kHornet, "--image", kSamples + "chelsea.png",
                                       "--order", "1",     "-o",      out.string()};
    arguments.insert(arguments.end(), mode.begin(), mode.end());
    const auto result = run_program(kCli, arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const double change = read_json(out / "ablate.json")["change"]["logit"];
    if (mode[0] == "--factor") {
      EXPECT_EQ(change, 0);
    } else {
      EXPECT_NE(change, 0) << mode[1];
    }
  }
}

TEST(Ablate, AFolderGivesAccuracyAndLoss) {
  const test::TemporaryFolder out, data;
  make_folder(data / "set", 3);
  std::ofstream(data / "set/00_class/broken.jpg") << "no picture";
  const auto result = run_program(kCli, {"ablate", kHornet, "--images", data / "set", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("broken.jpg"));
  const json found = read_json(out / "ablate.json");
  EXPECT_EQ(found["images"], 3);
  EXPECT_EQ(found["rows"].size(), 1U + 5 + (2 + 3 + 4 + 5));
  EXPECT_EQ(lines(out / "ablate.csv"), 1 + found["rows"].size());
  EXPECT_TRUE(decode_image(out / "ablate.png"));

  // The untouched network is what eval finds.
  fs::remove(data / "set/00_class/broken.jpg");
  const auto eval = run_program(kCli, {"eval", kHornet, "--images", data / "set", "--json"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_NEAR(json::parse(eval.out)["loss"].get<double>(), found["rows"][0]["loss"].get<double>(), 1e-5);
  EXPECT_EQ(json::parse(eval.out)["top1"], found["rows"][0]["top1"]);
}

TEST(Attention, MapsDistancesAndRollout) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, {"attention", kSwin, "--input", golden("rollout/swin/input.npy"), "--pixel",
                                         "5,60", "--rollout", "--head", "all", "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const std::string name : {"s2.rollout", "s1_to_s2.rollout", "s1_to_s2.received", "s2b2.full_attention"})
    EXPECT_LT(test::max_abs_difference(read_array(out / (name + ".npy")),
                                       test::golden_array("rollout/swin/" + name + ".npy")),
              2e-6)  // the manifest's tolerance
        << name;
  const json found = read_json(out / "attention.json");
  EXPECT_EQ(found["pixel"], json({5, 60}));
  ASSERT_EQ(found["blocks"].size(), 8U);
  EXPECT_EQ(found["blocks"][1]["distance"].size(), 2U);
  EXPECT_EQ(read_array(out / "layers.0.blocks.1.attention.head.1.npy").sizes(), (std::vector<std::int64_t>{16, 16}));
  EXPECT_TRUE(decode_image(out / "rollout.png"));
  EXPECT_TRUE(decode_image(out / "layers.0.blocks.1.attention.png"));
}

TEST(Interactions, AStoppedRunEndsWithTheSameNumbers) {
  const test::TemporaryFolder out, other;
  std::vector<std::string> arguments{"interactions", kHornet, "--images",   kSamples + "dog.jpg",
                                     "--grid",       "4",     "--contexts", "3",
                                     "--pairs",      "4",     "-o",         out.string()};
  auto first = arguments;
  first.insert(first.end(), {"--budget", "200"});
  const auto part = run_program(kCli, first);
  ASSERT_EQ(part.exit_code, 0) << part.err;
  EXPECT_THAT(part.err, HasSubstr("the budget sufficed for"));
  const auto rest = run_program(kCli, arguments);
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_GT(read_json(out / "interactions.json")["known_before"], 0);
  arguments.back() = other.string();
  ASSERT_EQ(run_program(kCli, arguments).exit_code, 0);
  EXPECT_EQ(read_json(out / "interactions.json")["curve"], read_json(other / "interactions.json")["curve"]);
  EXPECT_TRUE(decode_image(out / "interactions.png"));
  EXPECT_EQ(lines(out / "interactions.csv"), 9U);

  arguments.back() = out.string();
  arguments.insert(arguments.end(), {"--seed", "1"});
  const auto mixed = run_program(kCli, arguments);
  EXPECT_EQ(mixed.exit_code, 1);
  EXPECT_THAT(mixed.err, HasSubstr("another seed"));
}

TEST(Edits, FailuresAreOneClearLineAndExitCodeOne) {
  const test::TemporaryFolder out, data;
  make_folder(data / "set", 2);
  const at::Tensor nan = at::full({1, 3, 64, 64}, NAN);
  ASSERT_TRUE(write_npy(data / "nan.npy", nan));
  const std::string convnext = golden("small/convnext/official.pth");
  struct Case {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::vector<Case> cases{
      {{"ablate", convnext, "--input", kInput}, "no gnConv"},
      {{"ablate", kSwin, "--images", data / "set"}, "no gnConv"},
      {{"ablate", kHornet, "--input", kInput, "--order", "4", "--block", "stages.1.0"}, "orders are 1 to 3"},
      {{"ablate", kHornet, "--input", kInput, "--order", "9"}, "highest order of these blocks is 5"},
      {{"ablate", kHornet, "--input", kInput, "--order", "0"}, "count from 1"},
      {{"ablate", kHornet, "--input", kInput, "--block", "nowhere"}, "no block matches"},
      {{"ablate", kHornet, "--input", kInput, "--mode", "scale"}, "--factor"},
      {{"ablate", kHornet, "--input", kInput, "--mode", "swap"}, "--other"},
      {{"ablate", kHornet, "--input", kInput, "--mode", "zero", "--factor", "2"}, "--mode scale"},
      {{"ablate", kHornet, "--input", kInput, "--cam"}, "--order"},
      {{"ablate", kHornet, "--input", kInput, "--class", "10"}, "classes are 0 to 9"},
      {{"ablate", kHornet, "--input", data / "nan.npy"}, "NaN"},
      {{"ablate", kHornet, "--input", data / "nan.npy", "--order", "1", "--cam"}, "NaN"},
      {{"ablate", kHornet, "--images", kSamples}, "no class folders"},
      {{"ablate", kHornet, "--images", data / "set", "--cam", "--order", "1"}, "single image"},
      {{"attention", kHornet, "--input", kInput}, "only a Swin"},
      {{"attention", kSwin, "--input", kInput, "--pixel", "64,0"}, "x is 0 to 63"},
      {{"attention", kSwin, "--input", kInput, "--pixel", "-1,0"}, "outside the image"},
      {{"attention", kSwin, "--input", kInput, "--pixel", "middle"}, "write x,y"},
      {{"attention", kSwin, "--input", kInput, "--head", "16"}, "heads are 0 to 1"},
      {{"attention", kSwin, "--input", kInput, "--head", "first"}, "is no head"},
      {{"attention", kSwin, "--input", kInput, "--block", "layers.8"}, "nearest are layers."},
      {{"attention", kSwin, "--input", data / "nan.npy"}, "NaN"},
      {{"interactions", kHornet, "--images", data / "nan.npy", "--grid", "4"}, "NaN"},
      {{"interactions", kHornet, "--images", "/nowhere"}, "/nowhere"},
      {{"interactions", kHornet, "--images", kSamples + "dog.jpg", "--budget", "3"}, "forwards"},
      {{"interactions", kHornet, "--images", kSamples + "dog.jpg", "--grid", "256"}, "patches"},
      {{"interactions", kHornet, "--images", kSamples + "dog.jpg", "--class", "10"}, "classes are 0 to 9"},
  };
  for (const Case& one : cases) {
    auto arguments = one.arguments;
    arguments.insert(arguments.end(), {"-o", out.string()});
    const auto result = run_program(kCli, arguments);
    EXPECT_EQ(result.exit_code, 1) << one.says << result.out << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr("error: "));
    EXPECT_THAT(result.err, HasSubstr(one.says));
  }
}

TEST(Edits, WrongUsageIsExitCodeTwo) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"ablate", kHornet, "--input", kInput},
        {"attention", kSwin, "-o", "x"},
        {"ablate", kHornet, "--input", kInput, "--images", ".", "-o", "x"},
        {"interactions", kHornet, "-o", "x"},
        {"interactions", kHornet, "--images", ".", "--pairs", "0", "-o", "x"}})
    EXPECT_EQ(run_program(kCli, arguments).exit_code, 2);
}

}  // namespace
}  // namespace orderscope
