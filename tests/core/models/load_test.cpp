// SPDX-License-Identifier: GPL-3.0-or-later
// From a file to logits: every hostile or odd checkpoint gets the verdict that the reference data asks for.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "core/checkpoint/safetensors.h"
#include "core/models/backbone.h"
#include "core/models/model.h"
#include "tests/golden.h"
#include "tests/small_models.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

using nlohmann::json;
using testing::HasSubstr;

at::Tensor logits_of(const Model& model, const at::Tensor& input) {
  const at::NoGradGuard no_grad;
  return model.backbone->forward(input);
}

bool warns_of(const Model& model, const std::string& text) {
  return std::any_of(model.warnings.begin(), model.warnings.end(),
                     [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
}

TEST(LoadModel, GivesEveryBadFileItsVerdict) {
  const json manifest = test::golden_json("bad/manifest.json");
  const at::Tensor input = test::golden_array("bad/input.npy"), expected = test::golden_array("bad/logits.npy");
  int checked = 0;
  for (const json& entry : manifest.at("files")) {
    const std::string file = entry.at("file"), verdict = entry.at("verdict");
    SCOPED_TRACE(file + ", " + verdict + ": " + entry.at("why").get<std::string>());
    const auto start = std::chrono::steady_clock::now();
    const auto model = load_model(test::golden("bad/" + file));
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    // A claim of gigabytes must not be believed; the bound is generous because machines are busy.
    EXPECT_LT(elapsed.count(), 5.0);
    ++checked;

    if (!model) {
      EXPECT_NE(verdict, "load") << model.error().message();
      const std::string line = model.error().message();
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
      EXPECT_THAT(line, HasSubstr(file));
      EXPECT_THAT(line, HasSubstr(entry.value("key", file)));
      continue;
    }
    EXPECT_NE(verdict, "refuse");
    if (verdict == "warn") {
      EXPECT_TRUE(warns_of(**model, entry.at("key").get<std::string>())) << testing::PrintToString((*model)->warnings);
      continue;
    }
    EXPECT_LT(test::max_abs_difference(logits_of(**model, input), expected), 2e-5);
  }
  EXPECT_GT(checked, 50);
}

TEST(LoadModel, ReadsMetadataOfOurOwnFiles) {
  const auto model = test::small_model("hornet_7x7");
  StateDict tensors;
  for (const auto& item : model->backbone->named_parameters()) tensors.push_back({item.key(), item.value()});
  const json names{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
  const json how{
      {"size", 96}, {"warp", false}, {"crop_pct", 0.9}, {"mean", {0.5, 0.5, 0.5}}, {"std", {0.25, 0.25, 0.25}}};
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_safetensors(folder / "named.safetensors", tensors,
                                {{"class_names", names.dump()}, {"preprocessing", how.dump()}}));
  const auto named = load_model(folder / "named.safetensors");
  ASSERT_TRUE(named) << named.error().message();
  EXPECT_EQ((*named)->class_name(2), "c");
  EXPECT_EQ((*named)->class_name(12), "class 12");
  EXPECT_EQ((*named)->preprocessing.size, 96);
  EXPECT_EQ((*named)->architecture.image_size, 96);
  EXPECT_EQ((*named)->preprocessing.crop_pct, 0.9);

  ASSERT_TRUE(write_safetensors(folder / "odd.safetensors", tensors,
                                {{"class_names", "[1, 2"}, {"preprocessing", "{\"size\": -3}"}}));
  const auto odd = load_model(folder / "odd.safetensors");
  ASSERT_TRUE(odd) << odd.error().message();
  EXPECT_EQ((*odd)->preprocessing.size, 224);
  EXPECT_TRUE(warns_of(**odd, "class names"));
  EXPECT_TRUE(warns_of(**odd, "preprocessing"));
}

TEST(LoadModel, HalfPrecisionIsWidened) {
  const auto model = test::small_model("hornet_gf");
  StateDict tensors;
  for (const auto& item : model->backbone->named_parameters())
    tensors.push_back({item.key(), item.value().to(at::kHalf)});
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_safetensors(folder / "half.safetensors", tensors));
  const auto half = load_model(folder / "half.safetensors");
  ASSERT_TRUE(half) << half.error().message();
  for (const auto& item : (*half)->backbone->named_parameters()) {
    EXPECT_EQ(item.value().scalar_type(), at::kFloat);
    EXPECT_FALSE(item.value().requires_grad());
  }
  const at::Tensor input = test::golden_array("small/hornet_gf/in64x64/input.npy");
  // float16 keeps 11 bits of each weight: 5e-4 relative, on logits of order 1.
  EXPECT_LT(test::max_abs_difference(logits_of(**half, input), logits_of(*model, input)), 2e-2);
}

TEST(LoadModel, SaysWhichDeviceItCannotUse) {
  LoadOptions options;
  options.device = "nonsense";
  const auto model = load_model(test::golden("small/convnext/official.pth"), options);
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), HasSubstr("nonsense"));
}

}  // namespace
}  // namespace orderscope
