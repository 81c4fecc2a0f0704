// SPDX-License-Identifier: GPL-3.0-or-later
// A backbone that only a plugin knows, through the commands that were written without it.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/checkpoint/npy.h"
#include "core/checkpoint/safetensors.h"
#include "tests/e2e/run_program.h"
#include "tests/golden.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::ProgramResult;
using test::run_program;
using testing::HasSubstr;
using testing::IsSupersetOf;

const std::string kCli = "orderscope-cli";
const std::string kPhoto = std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/samples/chelsea.png";

constexpr int kDim = 32, kDepth = 3, kOrder = 3, kPatch = 8, kMlp = 80, kClasses = 7;

using Weights = std::map<std::string, at::Tensor>;

Weights random_weights(bool filter, bool layer_scale) {
  at::manual_seed(7);
  Weights w;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    std::int64_t fan_in = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) fan_in *= shape[i];
    w[name] = at::randn(shape) / std::sqrt(static_cast<double>(shape.size() > 1 ? fan_in : 4));
  };
  add("patch_embed.proj.weight", {kDim, 3, kPatch, kPatch});
  add("patch_embed.proj.bias", {kDim});
  for (int i = 0; i < kDepth; ++i) {
    const std::string block = "blocks." + std::to_string(i) + ".";
    for (const char* norm : {"norm1", "norm2"}) {
      w[block + norm + ".weight"] = 1 + at::randn({kDim}) / 5;
      add(block + norm + ".bias", {kDim});
    }
    const std::string mixer = block + "gnconv.";
    add(mixer + "proj_in.weight", {2 * kDim, kDim, 1, 1});
    add(mixer + "proj_in.bias", {2 * kDim});
    constexpr int gates = 8 + 16 + 32;
    if (filter) {
      // As HorNet's: half the channels pass a 3x3 convolution, the others a filter of 4 x 3 frequencies.
      add(mixer + "dwconv.complex_weight", {gates / 2, 4, 3, 2});
      add(mixer + "dwconv.dw.weight", {gates / 2, 1, 3, 3});
      for (const char* norm : {"pre_norm", "post_norm"}) {
        w[mixer + "dwconv." + norm + ".weight"] = at::ones({gates});
        w[mixer + "dwconv." + norm + ".bias"] = at::zeros({gates});
      }
    } else {
      add(mixer + "dwconv.weight", {gates, 1, 7, 7});
      add(mixer + "dwconv.bias", {gates});
    }
    add(mixer + "pws.0.weight", {16, 8, 1, 1});
    add(mixer + "pws.0.bias", {16});
    add(mixer + "pws.1.weight", {32, 16, 1, 1});
    add(mixer + "pws.1.bias", {32});
    add(mixer + "proj_out.weight", {kDim, kDim, 1, 1});
    add(mixer + "proj_out.bias", {kDim});
    add(block + "mlp.fc1.weight", {kMlp, kDim});
    add(block + "mlp.fc1.bias", {kMlp});
    add(block + "mlp.fc2.weight", {kDim, kMlp});
    add(block + "mlp.fc2.bias", {kDim});
    if (!layer_scale) continue;
    add(block + "gamma1", {kDim});
    add(block + "gamma2", {kDim});
  }
  w["norm.weight"] = 1 + at::randn({kDim}) / 5;
  add("norm.bias", {kDim});
  add("head.weight", {kClasses, kDim});
  add("head.bias", {kClasses});
  return w;
}

fs::path save(const Weights& weights, const fs::path& path) {
  StateDict state_dict;
  for (const auto& [name, tensor] : weights) state_dict.push_back({name, tensor});
  EXPECT_TRUE(write_safetensors(path, state_dict).has_value());
  return path;
}

/// The network written out in the official layout [N, C, H, W] with torch's own operators.
at::Tensor reference(Weights& w, const at::Tensor& images) {
  const auto norm = [&](const at::Tensor& x, const std::string& name) {
    const at::Tensor last =
        at::layer_norm(x.permute({0, 2, 3, 1}), {kDim}, w[name + ".weight"], w[name + ".bias"], 1e-6);
    return last.permute({0, 3, 1, 2});
  };
  const auto conv = [&](const at::Tensor& x, const std::string& name, std::int64_t padding = 0,
                        std::int64_t groups = 1) {
    return at::conv2d(x, w[name + ".weight"], w[name + ".bias"], 1, padding, 1, groups);
  };
  at::Tensor x = at::conv2d(images, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], kPatch);
  for (int i = 0; i < kDepth; ++i) {
    const std::string block = "blocks." + std::to_string(i) + ".", mixer = block + "gnconv.";
    const auto projected = conv(norm(x, block + "norm1"), mixer + "proj_in").split_with_sizes({8, 56}, 1);
    const auto gates = (conv(projected[1], mixer + "dwconv", 3, 56) / 3.0).split_with_sizes({8, 16, 32}, 1);
    at::Tensor y = projected[0] * gates[0];
    y = conv(y, mixer + "pws.0") * gates[1];
    y = conv(y, mixer + "pws.1") * gates[2];
    x = x + conv(y, mixer + "proj_out") * w[block + "gamma1"].view({1, -1, 1, 1});
    const at::Tensor tokens = norm(x, block + "norm2").permute({0, 2, 3, 1});
    const at::Tensor hidden = at::gelu(at::linear(tokens, w[block + "mlp.fc1.weight"], w[block + "mlp.fc1.bias"]));
    const at::Tensor out = at::linear(hidden, w[block + "mlp.fc2.weight"], w[block + "mlp.fc2.bias"]);
    x = x + (out * w[block + "gamma2"]).permute({0, 3, 1, 2});
  }
  const at::Tensor pooled = at::layer_norm(x.mean({2, 3}), {kDim}, w["norm.weight"], w["norm.bias"], 1e-6);
  return at::linear(pooled, w["head.weight"], w["head.bias"]);
}

class GnconvVit : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path copy = plugins_ / "gnconv_vit.so";
    fs::copy_file(fs::path(ORDERSCOPE_BINARY_DIR) / "plugins/gnconv_vit.so", copy);
    chmod(copy.c_str(), 0644);
  }

  ProgramResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--plugins", plugins_.string()});
    return run_program(kCli, arguments);
  }

  test::TemporaryFolder plugins_, out_;
};

TEST_F(GnconvVit, IsRecognisedByNamesAndShapes) {
  const fs::path file = save(random_weights(false, true), out_ / "vit.safetensors");
  const auto result = run({"info", file, "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const json info = json::parse(result.out);
  EXPECT_EQ(info["family"], "gnconv-vit");
  EXPECT_EQ(info["depths"], json({kDepth}));
  EXPECT_EQ(info["dims"], json({kDim}));
  EXPECT_EQ(info["orders"], json({kOrder}));
  EXPECT_EQ(info["mixers"], json({"gnconv-7x7"}));
  EXPECT_EQ(info["classes"], kClasses);
  EXPECT_EQ(info["options"], json({{"patch_size", kPatch}, {"mlp_width", kMlp}}));
  EXPECT_THAT(info["taps"].get<std::vector<std::string>>(),
              IsSupersetOf({"patch_embed", "blocks.2.gnconv.gate.3", "blocks.2", "norm", "logits"}));
  const std::int64_t block = 2 * kDim * kDim + 56 * 49 + 8 * 16 + 16 * 32 + kDim * kDim + 2 * kDim * kMlp;
  EXPECT_EQ(info["macs"], 28 * 28 * (3 * kDim * kPatch * kPatch + kDepth * block) + kDim * kClasses);
  EXPECT_EQ(run({"info", file}).exit_code, 0);

  // Without the plugin it is a checkpoint that nothing here reads, said in one line.
  const auto without = run_program(kCli, {"info", file});
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_EQ(std::count(without.err.begin(), without.err.end(), '\n'), 1) << without.err;
}

TEST_F(GnconvVit, GivesTheLogitsOfTheFormula) {
  Weights weights = random_weights(false, true);
  const fs::path file = save(weights, out_ / "vit.safetensors");
  // Not square, and no multiple of the patch: the rest is dropped, as a convolution without padding does.
  const at::Tensor images = at::randn({2, 3, 52, 81});
  ASSERT_TRUE(write_npy(out_ / "x.npy", images).has_value());
  const auto result = run({"forward", file, "--input", out_ / "x.npy", "--taps", "blocks.*", "-o", out_ / "f"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const at::Tensor expected = reference(weights, images);
  // Sums of some hundred products in another order, through three blocks: relative 1e-5 in float32.
  EXPECT_LT(test::max_abs_difference(*read_npy(out_ / "f/logits.npy"), expected),
            1e-5 * expected.abs().max().item<double>());
  EXPECT_EQ(read_npy(out_ / "f/blocks.1.gnconv.state.2.npy")->sizes(), (std::vector<std::int64_t>{2, 16, 6, 10}));

  ASSERT_TRUE(write_npy(out_ / "small.npy", at::randn({1, 3, 7, 64})).has_value());
  const auto small = run({"forward", file, "--input", out_ / "small.npy", "-o", out_ / "f"});
  EXPECT_EQ(small.exit_code, 1);
  EXPECT_THAT(small.err, HasSubstr("smaller than a patch"));
}

TEST_F(GnconvVit, HasOrdersAndClassActivationMaps) {
  const fs::path file = save(random_weights(false, true), out_ / "vit.safetensors");
  const auto orders = run({"orders", file, "--image", kPhoto, "--size", "96", "--block", "blocks.1", "-o", out_ / "o"});
  ASSERT_EQ(orders.exit_code, 0) << orders.err;
  EXPECT_EQ(read_npy(out_ / "o/blocks.1.contribution.3.npy")->sizes(), (std::vector<std::int64_t>{12, 12}));
  EXPECT_TRUE(fs::exists(out_ / "o/blocks.1.png"));

  const auto cam = run({"cam", file, "--image", kPhoto, "--size", "96", "-o", out_ / "c"});
  ASSERT_EQ(cam.exit_code, 0) << cam.err;
  const json result = json::parse(std::ifstream((out_ / "c/cam.json")));
  EXPECT_EQ(result["map"]["layer"], "blocks.2");
  EXPECT_EQ(result["map"]["shape"], json({12, 12}));
  EXPECT_EQ(result["provenance"]["architecture"], "gnconv-vit");
  EXPECT_THAT(result["provenance"]["program"].get<std::string>(), HasSubstr("with gnconv-vit 1.0"));
}

TEST_F(GnconvVit, HasAFormWithGlobalFilters) {
  const fs::path file = save(random_weights(true, false), out_ / "gf.safetensors");
  const auto result = run({"info", file, "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json info = json::parse(result.out);
  EXPECT_EQ(info["mixers"], json({"gnconv-gf"}));
  EXPECT_EQ(info["image_size"], 4 * kPatch);
  EXPECT_EQ(run({"forward", file, "--image", kPhoto, "-o", out_ / "f"}).exit_code, 0);
}

TEST_F(GnconvVit, NamesWhatIsWrongWithACheckpoint) {
  const auto message = [&](Weights weights) {
    const auto result = run({"info", save(weights, out_ / "broken.safetensors")});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    return result.err;
  };
  const Weights whole = random_weights(false, true);
  Weights w = whole;
  w.erase("head.weight");
  EXPECT_THAT(message(w), HasSubstr("head.weight is missing"));
  w = whole;
  w.erase("blocks.1.gnconv.pws.1.weight");
  EXPECT_THAT(message(w), HasSubstr("blocks.1.gnconv.pws.1.weight is missing"));
  w = whole;
  std::erase_if(w, [](const auto& item) { return item.first.starts_with("blocks.1."); });
  EXPECT_THAT(message(w), HasSubstr("blocks.1 is missing"));
  w = whole;
  w["blocks.0.gnconv.dwconv.weight"] = at::zeros({56, 1, 6, 6});
  EXPECT_THAT(message(w), HasSubstr("even kernel"));
  w = whole;
  w["patch_embed.proj.weight"] = at::zeros({30, 3, kPatch, kPatch});
  EXPECT_THAT(message(w), HasSubstr("does not divide the width 30"));
}

TEST_F(GnconvVit, LeavesOtherFamiliesAlone) {
  for (const std::string model : {"hornet_7x7", "swin", "convnext"}) {
    const std::string file = test::golden("small/" + model + "/official.pth");
    const auto with = run({"info", file, "--json"}), without = run_program(kCli, {"info", file, "--json"});
    EXPECT_EQ(with.out, without.out) << model;
    EXPECT_EQ(with.exit_code, 0) << with.err;
  }
}

}  // namespace
}  // namespace orderscope
