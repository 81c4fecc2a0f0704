// SPDX-License-Identifier: GPL-3.0-or-later
// The same weights in every container, under every key and everybody's names, bit for bit.
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/sha256.h"
#include "core/checkpoint/safetensors.h"
#include "tests/core/checkpoint/checkpoint_files.h"

namespace orderscope::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

bool points_into_file(const at::Tensor& tensor, const Checkpoint& checkpoint) {
  const auto bytes = checkpoint.file->bytes();
  const auto* data = static_cast<const std::byte*>(tensor.const_data_ptr());
  return data >= bytes.data() && data + tensor.nbytes() <= bytes.data() + bytes.size();
}

TEST(Containers, AZipCheckpointIsReadWithoutCopying) {
  const auto checkpoint = read_checkpoint(golden("small/hornet_7x7/official.pth")).value();
  EXPECT_EQ(checkpoint.container, "zip");
  EXPECT_EQ(checkpoint.key, "model");
  EXPECT_EQ(checkpoint.naming, "official");
  EXPECT_THAT(checkpoint.warnings, IsEmpty());
  EXPECT_EQ(checkpoint.state_dict.size(), 126U);
  EXPECT_EQ(checkpoint.state_dict.front().name, "downsample_layers.0.0.weight");
  for (const auto& [name, tensor] : checkpoint.state_dict) EXPECT_TRUE(points_into_file(tensor, checkpoint)) << name;
  const auto manifest = golden_json("small/hornet_7x7/manifest.json");
  EXPECT_EQ(checkpoint.sha256(), manifest["weights"]["official.pth"]["sha256"].get<std::string>());
  for (const auto& [name, tensor] : checkpoint.state_dict)
    EXPECT_EQ(tensor.sizes().vec(), manifest["state_dict_keys"][name].get<std::vector<int64_t>>()) << name;
}

TEST(Containers, TensorsOutliveTheCheckpointAndWritesStayInMemory) {
  ScratchFolder folder;
  const auto path = folder.write("copy.pth", bytes_of(golden("small/hornet_7x7/official.pth")));
  const auto before = bytes_of(path);
  at::Tensor weight = read_checkpoint(path)->state_dict[0].tensor;
  weight.fill_(3);
  EXPECT_EQ(weight.sum().item<float>(), 3.0F * static_cast<float>(weight.numel()));
  EXPECT_EQ(bytes_of(path), before);
}

TEST(Containers, SafetensorsRoundTripKeepsBitsNamesAndMetadata) {
  ScratchFolder folder;
  const auto weights = official("hornet_gf");
  const std::map<std::string, std::string> metadata = {{"classes", "[\"a\", \"\\u00fc\"]"}, {"note", "line\nbreak"}};
  ASSERT_TRUE(write_safetensors(folder / "a.safetensors", weights, metadata));
  const auto checkpoint = read_checkpoint(folder / "a.safetensors").value();
  EXPECT_EQ(checkpoint.container, "safetensors");
  EXPECT_EQ(checkpoint.key, "");
  EXPECT_EQ(checkpoint.metadata, metadata);
  EXPECT_TRUE(same_weights(checkpoint.state_dict, weights));
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_EQ(checkpoint.state_dict[i].name, weights[i].name);
  EXPECT_EQ(infer_architecture(checkpoint.state_dict).value(), infer_architecture(weights).value());
}

TEST(Containers, HalfPrecisionKeepsItsDtype) {
  ScratchFolder folder;
  for (const auto dtype : {at::kHalf, at::kBFloat16, at::kDouble}) {
    StateDict weights = official("hornet_7x7");
    for (auto& entry : weights) entry.tensor = entry.tensor.to(dtype);
    ASSERT_TRUE(write_safetensors(folder / "half.safetensors", weights));
    EXPECT_TRUE(same_weights(read_checkpoint(folder / "half.safetensors")->state_dict, weights));
  }
}

TEST(Containers, ViewsAliasOneStorage) {
  const auto checkpoint = read_checkpoint(golden("bad/views.pth")).value();
  int strided = 0;
  for (const auto& [name, tensor] : checkpoint.state_dict)
    if (!tensor.is_contiguous()) ++strided;
  EXPECT_EQ(strided, 4) << "the four pwconv1 weights have transposed strides";
}

TEST(Containers, BigEndianFilesAreSwapped) {
  EXPECT_TRUE(same_weights(read_checkpoint(golden("bad/big_endian.pth"))->state_dict,
                           read_checkpoint(golden("bad/valid.pth"))->state_dict));
}

TEST(Containers, AnUnknownKeyIsRefusedWithThoseThatThereAre) {
  const auto checkpoint = read_checkpoint(golden("small/hornet_7x7/official.pth"), "ema");
  ASSERT_FALSE(checkpoint);
  EXPECT_EQ(checkpoint.error().kind, Error::Kind::InvalidInput);
  EXPECT_THAT(checkpoint.error().message(), HasSubstr("\"ema\""));
  EXPECT_THAT(checkpoint.error().message(), HasSubstr("\"model\""));
}

struct Variant {
  std::string model, file, container, key, naming;
};

class Variants : public testing::TestWithParam<Variant> {};

TEST_P(Variants, HoldTheOfficialWeights) {
  const auto& v = GetParam();
  const auto path = beside_the_sources("golden/small/" + v.model + "/" + v.file);
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "kept beside the sources only";
  const auto checkpoint = read_checkpoint(path);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  EXPECT_EQ(checkpoint->container, v.container);
  EXPECT_EQ(checkpoint->key, v.key);
  EXPECT_EQ(checkpoint->naming, v.naming);
  StateDict expected = official(v.model);
  if (v.file.find("fp16") != std::string::npos)
    for (auto& entry : expected) entry.tensor = entry.tensor.to(at::kHalf);
  if (v.file.find("bf16") != std::string::npos)
    for (auto& entry : expected) entry.tensor = entry.tensor.to(at::kBFloat16);
  EXPECT_TRUE(same_weights(checkpoint->state_dict, expected));
  EXPECT_EQ(infer_architecture(checkpoint->state_dict).value(), infer_architecture(expected).value());
}

INSTANTIATE_TEST_SUITE_P(
    Small, Variants,
    testing::Values(Variant{"hornet_7x7", "bare.pth", "zip", "", "official"},
                    Variant{"hornet_7x7", "legacy.pth", "legacy", "model", "official"},
                    Variant{"hornet_7x7", "module_state_dict.pth", "zip", "state_dict", "official"},
                    Variant{"hornet_7x7", "mmpretrain.pth", "zip", "state_dict", "mmpretrain"},
                    Variant{"hornet_7x7", "training.pth", "zip", "model", "official"},
                    Variant{"hornet_7x7", "official_bf16.pth", "zip", "model", "official"},
                    Variant{"hornet_7x7", "official.safetensors", "safetensors", "", "official"},
                    Variant{"hornet_7x7", "official_fp16.safetensors", "safetensors", "", "official"},
                    Variant{"hornet_gf", "official.safetensors", "safetensors", "", "official"},
                    Variant{"swin", "timm.safetensors", "safetensors", "", "timm"},
                    Variant{"swin128", "hf.safetensors", "safetensors", "", "huggingface"},
                    Variant{"convnext", "timm.safetensors", "safetensors", "", "timm"},
                    Variant{"convnext", "hf.safetensors", "safetensors", "", "huggingface"}),
    [](const auto& info) {
      std::string name = info.param.model + "_" + info.param.file;
      std::ranges::replace(name, '.', '_');
      return name;
    });

TEST(Containers, ATrainingCheckpointOffersItsOtherStateDict) {
  const auto path = beside_the_sources("golden/small/hornet_7x7/training.pth");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "kept beside the sources only";
  const auto model = read_checkpoint(path).value();
  EXPECT_THAT(model.other_keys, ElementsAre("model_ema"));
  const auto ema = read_checkpoint(path, "model_ema").value();
  EXPECT_EQ(ema.key, "model_ema");
  EXPECT_THAT(ema.other_keys, ElementsAre("model"));
  EXPECT_FALSE(same_weights(ema.state_dict, model.state_dict));
  EXPECT_EQ(infer_architecture(ema.state_dict).value(), infer_architecture(model.state_dict).value());
}

}  // namespace
}  // namespace orderscope::test
