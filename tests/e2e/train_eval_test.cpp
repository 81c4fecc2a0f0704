// SPDX-License-Identifier: GPL-3.0-or-later
// From a folder of pictures to a measured model, as a user does it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/image/image.h"
#include "tests/core/train/synthetic_set.h"
#include "tests/e2e/run_program.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using nlohmann::json;
using test::run_program;

const std::string kCli = "orderscope-cli";

std::string content(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(TrainEval, EvaluationEqualsTheTrainersOwnFigure) {
  const test::TemporaryFolder folder;
  const std::filesystem::path data = folder.path();
  test::write_striped_set(data / "train", 12, 48, 1);
  test::write_striped_set(data / "val", 7, 48, 2);
  const auto trained = run_program(kCli, {"train",
                                          "--data",
                                          data / "train",
                                          "--val",
                                          data / "val",
                                          "-o",
                                          data / "run",
                                          "--arch",
                                          "hornet",
                                          "--size",
                                          "32",
                                          "--dims",
                                          "8,16,32,64",
                                          "--depths",
                                          "1,1,1,1",
                                          "--epochs",
                                          "2",
                                          "--warmup",
                                          "1",
                                          "--batch",
                                          "12",
                                          "--optimizer",
                                          "muon",
                                          "--half",
                                          "--metadata",
                                          "data_licence=none, drawn by a test",
                                          "--json"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;

  const auto evaluated = run_program(
      kCli, {"eval", data / "run/model.safetensors", "--images", data / "val", "-o", data / "eval", "--json"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  const json summary = json::parse(trained.out)["val"], report = json::parse(evaluated.out);
  EXPECT_EQ(report["images"], 21);
  // The trainer measures float32 weights and the file holds float16: one picture of 21 may change sides.
  EXPECT_NEAR(report["top1"].get<double>(), summary["top1"].get<double>(), 1.5 / 21);
  EXPECT_EQ(report["top5"], 1.0);
  EXPECT_LE(report["top1_interval"][0], report["top1"]);
  EXPECT_EQ(json::parse(content(data / "eval/eval.json")), report);
  EXPECT_THAT(content(data / "eval/confusion.csv"),
              testing::StartsWith("label \\ predicted,Horizontal,Vertical,Plain\n"));
  const std::string predictions = content(data / "eval/predictions.csv");
  EXPECT_EQ(std::count(predictions.begin(), predictions.end(), '\n'), 22);
  for (const char* figure : {"confusion.png", "reliability.png"}) EXPECT_TRUE(decode_image(data / "eval" / figure));

  const auto info = run_program(kCli, {"info", data / "run/model.safetensors", "--json"});
  EXPECT_EQ(json::parse(info.out)["metadata"]["data_licence"], "none, drawn by a test");

  const auto curves = run_program(kCli, {"curves", data / "run", "-o", data / "curve.png"});
  EXPECT_EQ(curves.exit_code, 0) << curves.err;
  EXPECT_TRUE(decode_image(data / "curve.png"));
}

TEST(TrainEval, ClassesAreFoundByNameWhateverTheirOrder) {
  const test::TemporaryFolder folder;
  const std::filesystem::path data = folder.path();
  test::write_striped_set(data / "train", 4, 48, 1);
  const auto trained = run_program(
      kCli, {"train", "--data", data / "train", "-o", data / "run", "--arch", "convnext", "--size", "32", "--dims",
             "8,16,32,64", "--depths", "1,1,1,1", "--epochs", "1", "--warmup", "0", "--batch", "12"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  // The same pictures under bare names sort differently and leave a class out.
  std::filesystem::create_directories(data / "other");
  std::filesystem::rename(data / "train/01_Vertical", data / "other/Vertical");
  std::filesystem::rename(data / "train/02_Plain", data / "other/Plain");
  const auto evaluated =
      run_program(kCli, {"eval", data / "run/model.safetensors", "--images", data / "other", "-o", data / "eval"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  EXPECT_THAT(content(data / "eval/classes.csv"), testing::HasSubstr("0,Horizontal,0,"));
  EXPECT_THAT(content(data / "eval/classes.csv"), testing::HasSubstr("1,Vertical,4,"));
  EXPECT_THAT(content(data / "eval/classes.csv"), testing::HasSubstr("2,Plain,4,"));
}

}  // namespace
}  // namespace orderscope
