// SPDX-License-Identifier: GPL-3.0-or-later
// The same small models in other containers, precisions and namings, from file to logits. These files are kept beside
// the sources only (they are too large for them); tests/core/checkpoint writes the like itself and compares bit by bit.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/checkpoint/npy.h"
#include "core/models/backbone.h"
#include "core/models/model.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

struct Case {
  std::string model, file, input;
  std::string logits = "logits.npy";
  std::string key = {};
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.model << "/" << c.file; }

class Containers : public testing::TestWithParam<Case> {};

TEST_P(Containers, GiveTheOfficialLogits) {
  const std::filesystem::path folder =
      std::filesystem::path(ORDERSCOPE_SOURCE_DIR) / ".." / "shared" / "golden" / "small" / GetParam().model;
  if (!std::filesystem::exists(folder / GetParam().file)) GTEST_SKIP() << "kept beside the sources only";
  LoadOptions options;
  options.key = GetParam().key;
  const auto model = load_model(folder / GetParam().file, options);
  ASSERT_TRUE(model) << model.error().message();
  const auto input = read_npy(folder / GetParam().input / "input.npy");
  const auto expected = read_npy(folder / GetParam().input / GetParam().logits);
  ASSERT_TRUE(input && expected);
  const at::NoGradGuard no_grad;
  // The manifests allow 2e-5 to 1e-4 for these inputs: about 20 times the float32 noise.
  EXPECT_LT(test::max_abs_difference((*model)->backbone->forward(*input), *expected), 2e-5);
}

INSTANTIATE_TEST_SUITE_P(
    , Containers,
    testing::Values(Case{"hornet_7x7", "legacy.pth", "in64x64"}, Case{"hornet_7x7", "bare.pth", "in64x64"},
                    Case{"hornet_7x7", "module_state_dict.pth", "in64x64"},
                    Case{"hornet_7x7", "training.pth", "in64x64"},
                    Case{"hornet_7x7", "training.pth", "in64x64", "logits_ema.npy", "model_ema"},
                    Case{"hornet_7x7", "official.safetensors", "in64x64"},
                    Case{"hornet_7x7", "official_fp16.safetensors", "in64x64", "logits_fp16w.npy"},
                    Case{"hornet_7x7", "official_bf16.pth", "in64x64", "logits_bf16w.npy"},
                    Case{"hornet_7x7", "mmpretrain.pth", "in64x64"},
                    Case{"hornet_gf", "official.safetensors", "in64x64"}, Case{"swin", "timm.safetensors", "in64x64"},
                    Case{"swin128", "hf.safetensors", "in128x128"}, Case{"convnext", "timm.safetensors", "in64x64"},
                    Case{"convnext", "hf.safetensors", "in64x64"}),
    [](const auto& info) {
      std::string name = info.param.model + "_" + info.param.file + info.param.key;
      for (char& c : name)
        if (!isalnum(static_cast<unsigned char>(c))) c = '_';
      return name;
    });

}  // namespace
}  // namespace orderscope
