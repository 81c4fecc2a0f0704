// SPDX-License-Identifier: GPL-3.0-or-later
// `detect`, and the detectors' part of `eval`, as a script uses them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/checkpoint/npy.h"
#include "core/image/png.h"
#include "tests/e2e/output_files.h"
#include "tests/e2e/run_program.h"
#include "tests/golden.h"
#include "tests/shared_golden.h"
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
const std::string kFolder = "dense/maskrcnn_small/";
const std::string kModel = golden(kFolder + "checkpoint.pth");
const std::string kConfig = golden(kFolder + "manifest.json");
const std::vector<std::string> kDetect{"detect",      kModel,   "--input",         golden(kFolder + "input.npy"),
                                       "--img-shape", "90,120", "--original-size", "75,100",
                                       "--config",    kConfig};

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(DetectCli, EqualsMmdetection) {
  const test::TemporaryFolder out;
  const auto result = run_program(kCli, with(kDetect, {"--taps", "rpn_head.proposals,neck.p6", "-o", out.string()}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const at::Tensor boxes = read_array(out / "boxes.npy"), expected = test::golden_array(kFolder + "det_bboxes.npy");
  // The fixture's tolerances: pixels, scores.
  EXPECT_LT(test::max_abs_difference(boxes.slice(1, 0, 4), expected.slice(1, 0, 4)), 2e-3);
  EXPECT_LT(test::max_abs_difference(boxes.select(1, 4), expected.select(1, 4)), 2e-4);
  EXPECT_TRUE(at::equal(read_array(out / "labels.npy"), test::golden_array(kFolder + "det_labels.npy")));
  const at::Tensor masks = read_array(out / "masks.npy"), stored = test::golden_array(kFolder + "masks_u8.npy");
  EXPECT_EQ(masks.sizes(), (std::vector<std::int64_t>{boxes.size(0), 75, 100}));
  EXPECT_LE((masks.slice(0, 0, stored.size(0)) != stored).sum().item<std::int64_t>(),
            test::golden_json(kFolder + "manifest.json").at("mask_pixels_within_1e_3_of_threshold"));
  EXPECT_LT(test::max_abs_difference(read_array(out / "rpn_head.proposals.npy"),
                                     test::golden_array(kFolder + "proposals.npy")),
            2e-3);
  EXPECT_EQ(read_array(out / "neck.p6.npy").dim(), 4);

  const auto overlay = decode_image(out / "overlay.png");
  ASSERT_TRUE(overlay);
  EXPECT_EQ(overlay->image.width, 100);
  EXPECT_EQ(overlay->image.height, 75);
  const json written = read_json(out / "detect.json");
  EXPECT_EQ(written["annotations"].size(), 32u);
  EXPECT_EQ(written["categories"].size(), 5u);
  EXPECT_EQ(written["images"][0]["width"], 100);
  EXPECT_EQ(written["info"]["test"]["finest_scale"], 10.0);
  EXPECT_EQ(written["annotations"][0]["area"], masks[0].sum().item<std::int64_t>());
  EXPECT_EQ(read_json(out / "results.json").size(), 32u);
}

TEST(DetectCli, APhotoWithoutDetectionsIsNoError) {
  const test::TemporaryFolder out;
  ASSERT_TRUE(write_file(out / "strict.json", R"({"rcnn": {"score_thr": 1}})"));
  ASSERT_TRUE(write_png(out / "strip.png", {3, 200, std::vector<std::uint8_t>(1800, 80)}));
  const auto result = run_program(kCli, {"detect", kModel, "--image", (out / "strip.png").string(), "--config",
                                         (out / "strict.json").string(), "-o", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("nothing was found"));
  EXPECT_EQ(read_array(out / "boxes.npy").sizes(), (std::vector<std::int64_t>{0, 5}));
  EXPECT_EQ(read_array(out / "masks.npy").sizes(), (std::vector<std::int64_t>{0, 200, 3}));
}

TEST(DetectCli, SaysWhatIsWrong) {
  const test::TemporaryFolder out;
  const auto error_of = [&](const std::vector<std::string>& arguments) {
    const auto result = run_program(kCli, with(arguments, {"-o", out.string()}));
    EXPECT_NE(result.exit_code, 0);
    return result.err;
  };
  const std::string input = golden(kFolder + "input.npy");
  EXPECT_THAT(error_of({"detect", golden("small/hornet_7x7/official.pth"), "--input", input}),
              HasSubstr("no detector"));
  EXPECT_THAT(error_of({"detect", kModel, "--input", input, "--img-shape", "900,120"}), HasSubstr("larger"));
  EXPECT_THAT(error_of(with(kDetect, {"--taps", "nowhere.*"})), HasSubstr("no such layer"));
  EXPECT_THAT(error_of({"detect", kModel, "--image", input, "--img-shape", "90,120"}), HasSubstr("--input"));
}

std::vector<std::string> on_box(const std::string& command, const std::string& box) {
  return {command,       kModel,   "--input",         golden(kFolder + "input.npy"),
          "--img-shape", "90,120", "--original-size", "75,100",
          "--config",    kConfig,  "--box",           box};
}

TEST(DetectCli, GradCamOfABoxIsTakenAtTheLevelThatItIsReadFrom) {
  const test::TemporaryFolder out;
  const json cam = test::golden_json(kFolder + "manifest.json").at("cam");
  const std::string box = std::to_string(cam.at("detection").get<int>());
  const auto result = run_program(kCli, with(on_box("cam", box), {"-o", out.string()}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json written = read_json(out / "cam.json");
  EXPECT_EQ(written["map"]["layer"], "neck.fpn_convs.1");
  EXPECT_EQ(written["class"]["index"], cam.at("cls"));
  EXPECT_THAT(written["target"].get<std::string>(), HasSubstr("probability of class 2"));

  const auto activation = test::golden_or_shared(kFolder + "fpn_p3.npy");
  const auto gradient = test::golden_or_shared(kFolder + "cam/grad_fpn_p3.npy");
  if (!activation || !gradient) return;  // the complete reference data only
  const at::Tensor weights = read_array(*gradient).mean({2, 3}, true);
  const at::Tensor expected = (weights * read_array(*activation)).sum(1)[0];
  // Our own RoIs instead of the stored ones: ten times the tolerance of the gradients.
  EXPECT_LT(test::max_abs_difference(read_array(out / "cam.npy"), expected),
            5e-3 * expected.abs().max().item<double>());
}

TEST(DetectCli, OrdersAndFieldOfABox) {
  const test::TemporaryFolder out;
  const auto orders = run_program(kCli, with(on_box("orders", "0"), {"--block", "stages.2.*", "-o", out.string()}));
  ASSERT_EQ(orders.exit_code, 0) << orders.err;
  EXPECT_GT(read_array(out / "stages.2.0.contribution.4.npy").abs().max().item<float>(), 0);

  ASSERT_TRUE(write_png(out / "photo.png", {60, 50, std::vector<std::uint8_t>(9000, 120)}));
  ASSERT_TRUE(write_file(out / "low.json", R"({"rcnn": {"score_thr": 0.01}, "rpn": {"max_per_img": 20}})"));
  const auto erf = run_program(
      kCli, {"erf", kModel, "--images", (out / "photo.png").string(), "--box", "0", "--config",
             (out / "low.json").string(), "--layer", "neck.fpn_convs.1", "--bootstrap", "0", "-o", out.string()});
  EXPECT_EQ(erf.exit_code, 0) << erf.err;
}

TEST(DetectCli, SaysWhichBoxesThereAre) {
  const test::TemporaryFolder out;
  const auto none = run_program(kCli, with(on_box("cam", "99"), {"-o", out.string()}));
  EXPECT_NE(none.exit_code, 0);
  EXPECT_THAT(none.err, HasSubstr("boxes are 0 to 31"));
  const auto which = run_program(kCli, {"cam", kModel, "--input", golden(kFolder + "input.npy"), "-o", out.string()});
  EXPECT_NE(which.exit_code, 0);
  EXPECT_THAT(which.err, HasSubstr("--box"));
  const auto classifier =
      run_program(kCli, {"cam", golden("small/hornet_7x7/official.pth"), "--input",
                         golden("small/hornet_7x7/in64x64/input.npy"), "--box", "0", "-o", out.string()});
  EXPECT_NE(classifier.exit_code, 0);
  EXPECT_THAT(classifier.err, HasSubstr("no detector"));
}

TEST(DetectCli, EvalFindsItsOwnDetectionsPerfect) {
  const test::TemporaryFolder out;
  const std::string image = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png";
  // Masks of a pixel or none would be no annotation; a high threshold of scores leaves the clear ones.
  ASSERT_TRUE(write_file(out / "test.json", R"({"rcnn": {"score_thr": 0.3, "max_per_img": 20}})"));
  const std::string config = (out / "test.json").string();
  const auto found = run_program(kCli, {"detect", kModel, "--image", image, "--config", config, "-o", out.string()});
  ASSERT_EQ(found.exit_code, 0) << found.err;
  ASSERT_GT(read_json(out / "detect.json")["annotations"].size(), 0u);
  const auto result = run_program(
      kCli, {"eval", kModel, "--images", std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples", "--coco",
             (out / "detect.json").string(), "--config", config, "--json", "-o", (out / "eval").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json written = json::parse(result.out);
  EXPECT_EQ(written["images"]["used"], 1);
  EXPECT_NEAR(written["box"]["AP"].get<double>(), 1, 1e-6);
  EXPECT_TRUE(std::filesystem::exists(out / "eval" / "categories.csv"));
}

TEST(DetectCli, EvalSaysWhenClassesDoNotFitAndLooksAtNoPictureElsewhere) {
  const test::TemporaryFolder out;
  ASSERT_TRUE(
      write_file(out / "other.json", R"({"images": [{"id": 1, "file_name": "dog.jpg", "height": 10, "width": 10}],
      "categories": [{"id": 1, "name": "zebra"}], "annotations": []})"));
  const auto result = run_program(
      kCli, {"eval", kModel, "--images", out.string(), "--coco", (out / "other.json").string(), "-o", out.string()});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("none of its 1 categories"));
  std::filesystem::create_directories(out / "pictures");
  for (const std::string name : {"../secret.png", "/etc/secret.png"}) {
    ASSERT_TRUE(
        write_file(out / "climbs.json", R"({"images": [{"id": 1, "file_name": ")" + name +
                                            R"(", "height": 10, "width": 10}], "categories": [], "annotations": []})"));
    const auto refused = run_program(kCli, {"eval", kModel, "--images", (out / "pictures").string(), "--coco",
                                            (out / "climbs.json").string(), "-o", out.string()});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("secret.png: lies outside the folder of the pictures"));
  }
}

}  // namespace
}  // namespace orderscope
