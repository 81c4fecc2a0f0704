// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/key_names.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <regex>

#include "core/checkpoint/safetensors.h"
#include "tests/core/checkpoint/checkpoint_files.h"

namespace orderscope::test {
namespace {

using testing::HasSubstr;
using Rules = std::vector<std::pair<const char*, const char*>>;

/// The official names by the rules of the published converters (timm checkpoint_filter_fn read backwards,
/// hornet2mmpretrain.py, transformers' convert_*_to_pytorch.py).
std::string rename(std::string name, const Rules& rules) {
  for (const auto& [from, to] : rules) name = std::regex_replace(name, std::regex(from), to);
  return name;
}

StateDict renamed(StateDict weights, const Rules& rules) {
  std::erase_if(weights, [](const NamedTensor& t) {
    return t.name.ends_with("attn_mask") || t.name.ends_with("relative_position_index");
  });
  for (auto& entry : weights) entry.name = rename(entry.name, rules);
  return weights;
}

const Rules kTimmSwin = {{"^layers\\.2\\.downsample", "layers.3.downsample"},
                         {"^layers\\.1\\.downsample", "layers.2.downsample"},
                         {"^layers\\.0\\.downsample", "layers.1.downsample"},
                         {"^head\\.", "head.fc."}};
const Rules kTimmConvnext = {{"^head\\.", "head.fc."},
                             {"^norm\\.", "head.norm."},
                             {"^stages\\.(\\d+)\\.(\\d+)\\.", "stages.$1.blocks.$2."},
                             {"^downsample_layers\\.0\\.", "stem."},
                             {"^downsample_layers\\.(\\d+)\\.", "stages.$1.downsample."},
                             {"dwconv", "conv_dw"},
                             {"pwconv", "mlp.fc"}};
const Rules kMmpretrain = {{"^head\\.", "HEAD"},          {"^norm\\.", "norm3."},      {"\\.pws\\.", ".projs."},
                           {"(gamma[12])$", "$1.weight"}, {"^([a-z])", "backbone.$1"}, {"^HEAD", "head.fc."}};
const Rules kHuggingfaceConvnext = {{"^head\\.", "classifier."},
                                    {"^norm\\.", "convnext.layernorm."},
                                    {"^downsample_layers\\.0\\.0\\.", "convnext.embeddings.patch_embeddings."},
                                    {"^downsample_layers\\.0\\.1\\.", "convnext.embeddings.layernorm."},
                                    {"^downsample_layers\\.(\\d+)", "convnext.encoder.stages.$1.downsampling_layer"},
                                    {"^stages\\.(\\d+)\\.(\\d+)\\.", "convnext.encoder.stages.$1.layers.$2."},
                                    {"(layers\\.\\d+)\\.norm\\.", "$1.layernorm."},
                                    {"\\.gamma$", ".layer_scale_parameter"}};
const Rules kHuggingfaceSwin = {{"^head\\.", "classifier."},
                                {"^norm\\.", "swin.layernorm."},
                                {"^patch_embed\\.proj\\.", "swin.embeddings.patch_embeddings.projection."},
                                {"^patch_embed\\.norm\\.", "swin.embeddings.norm."},
                                {"^layers\\.", "swin.encoder.layers."},
                                {"attn\\.proj", "attention.output.dense"},
                                {"attn\\.", "attention.self."},
                                {"norm1", "layernorm_before"},
                                {"norm2", "layernorm_after"},
                                {"mlp\\.fc1", "intermediate.dense"},
                                {"mlp\\.fc2", "output.dense"}};

StateDict huggingface_swin(const std::string& model) {
  StateDict result;
  for (const auto& [name, tensor] : renamed(official(model), kHuggingfaceSwin)) {
    const auto at = name.find("self.qkv.");
    if (at == std::string::npos) {
      result.push_back({name, tensor});
      continue;
    }
    const auto parts = tensor.chunk(3);
    const std::array names = {"query", "key", "value"};
    for (std::size_t i = 0; i < 3; ++i) {
      std::string part = name;
      result.push_back({part.replace(at + 5, 3, names[i]), parts[i]});
    }
  }
  return result;
}

void expect_official_weights(const StateDict& other, const std::string& model, const std::string& naming) {
  ScratchFolder folder;
  ASSERT_TRUE(write_safetensors(folder / "other.safetensors", other));
  const auto checkpoint = read_checkpoint(folder / "other.safetensors");
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  EXPECT_EQ(checkpoint->naming, naming);
  EXPECT_TRUE(same_weights(checkpoint->state_dict, official(model)));
  EXPECT_EQ(infer_architecture(checkpoint->state_dict).value(), infer_architecture(official(model)).value());
}

TEST(KeyNames, OfTimm) {
  expect_official_weights(renamed(official("swin"), kTimmSwin), "swin", "timm");
  expect_official_weights(renamed(official("swin128"), kTimmSwin), "swin128", "timm");
  expect_official_weights(renamed(official("convnext"), kTimmConvnext), "convnext", "timm");
}

TEST(KeyNames, OfTimmWithConvolutionsForMlps) {
  StateDict weights = renamed(official("convnext"), kTimmConvnext);
  for (auto& [name, tensor] : weights)
    if (name.find(".mlp.fc") != std::string::npos && tensor.dim() == 2) tensor = tensor.unsqueeze(2).unsqueeze(3);
  expect_official_weights(weights, "convnext", "timm");
}

TEST(KeyNames, OfMmpretrain) {
  expect_official_weights(renamed(official("hornet_7x7"), kMmpretrain), "hornet_7x7", "mmpretrain");
  expect_official_weights(renamed(official("hornet_gf"), kMmpretrain), "hornet_gf", "mmpretrain");
}

TEST(KeyNames, OfHuggingFace) {
  expect_official_weights(huggingface_swin("swin128"), "swin128", "huggingface");
  expect_official_weights(renamed(official("convnext"), kHuggingfaceConvnext), "convnext", "huggingface");
}

TEST(KeyNames, PrefixesOfWrappersAreTakenOff) {
  for (const Rules& prefix : {Rules{{"^", "module."}}, Rules{{"^", "backbone."}}, Rules{{"^", "module.backbone."}}})
    expect_official_weights(renamed(official("hornet_7x7"), prefix), "hornet_7x7", "official");
}

TEST(KeyNames, TheNormsOfADetectionBackboneStayFour) {
  StateDict weights;
  for (const auto* name :
       {"backbone.norm0.weight", "backbone.norm3.weight", "backbone.stages.0.0.gnconv.pws.0.weight", "head.fc.weight"})
    weights.push_back({name, at::zeros({1})});
  strip_prefixes(weights);
  ASSERT_TRUE(use_official_names(weights));
  EXPECT_TRUE(by_name(weights).contains("norm3.weight"));
  EXPECT_FALSE(by_name(weights).contains("norm.weight"));
}

TEST(KeyNames, AMissingOrMisshapenKeyIsNamed) {
  StateDict weights = huggingface_swin("swin128");
  std::erase_if(weights, [](const NamedTensor& t) { return t.name.ends_with("blocks.1.attention.self.key.weight"); });
  auto result = use_official_names(weights);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("attn.key.weight"));

  weights = huggingface_swin("swin128");
  for (auto& [name, tensor] : weights)
    if (name.ends_with("layers.1.blocks.0.attention.self.value.bias")) tensor = at::zeros({5});
  result = use_official_names(weights);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("layers.1.blocks.0.attn.value.bias"));
}

TEST(KeyNames, TwoTensorsOfOneNameAreRefused) {
  StateDict weights = official("hornet_7x7");
  weights.push_back({"module.head.bias", at::zeros({10})});
  strip_prefixes(weights);
  const auto result = use_official_names(weights);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("\"head.bias\""));
}

// The names that mmdetection, mmsegmentation and mmpretrain give (swin2mmseg.py, convnext_to_mmpretrain.py).
const Rules kOpenMmlabSwin = {{"^layers\\.", "stages."},
                              {"\\.attn\\.", ".attn.w_msa."},
                              {"\\.mlp\\.fc1\\.", ".ffn.layers.0.0."},
                              {"\\.mlp\\.fc2\\.", ".ffn.layers.1."},
                              {"^patch_embed\\.proj\\.", "patch_embed.projection."}};
const Rules kOpenMmlabConvnext = {{"dwconv", "depthwise_conv"}, {"pwconv", "pointwise_conv"}};

/// "norm" as the last level's, and no head.
StateDict as_levels(StateDict weights) {
  std::erase_if(weights, [](const NamedTensor& t) { return t.name.starts_with("head."); });
  for (auto& entry : weights)
    if (entry.name.starts_with("norm.")) entry.name = "norm3." + entry.name.substr(5);
  weights.push_back({"norm0.weight", at::zeros({1})});
  return weights;
}

TEST(KeyNames, OfOpenMmlabsDenseBackbones) {
  for (const auto& [model, rules] : {std::pair{"swin", kOpenMmlabSwin}, std::pair{"convnext", kOpenMmlabConvnext}}) {
    StateDict expected = as_levels(renamed(official(model), {}));
    StateDict weights = renamed(expected, rules);
    for (auto& [name, tensor] : weights) {
      if (name.find(".downsample.") == std::string::npos || name.starts_with("downsample")) continue;
      // swin2mmseg.py: reshape(.., 4, C), the patches in the order 0, 2, 1, 3, transposed.
      auto sizes = tensor.sizes().vec();
      const at::Tensor order = at::tensor({0, 2, 1, 3}, at::kLong);
      tensor = tensor.reshape({-1, 4, sizes.back() / 4}).index_select(1, order).transpose(1, 2).reshape(sizes);
    }
    EXPECT_EQ(use_official_names(weights).value(), "openmmlab") << model;
    ASSERT_EQ(weights.size(), expected.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(weights[i].name, expected[i].name);
      EXPECT_TRUE(at::equal(weights[i].tensor, expected[i].tensor)) << expected[i].name;
    }
  }
}

TEST(KeyNames, OfFullSizeModels) {
  struct Map {
    const char* file;
    const char* naming;
  };
  for (const auto& [file, naming] : {Map{"keys_hornet_tiny_gf_mmpretrain.txt", "mmpretrain"},
                                     Map{"keys_swin_T_timm.txt", "timm"}, Map{"keys_convnext_tiny_timm.txt", "timm"}}) {
    std::ifstream stream(beside_the_sources(std::string("reference/keys/") + file));
    if (!stream) GTEST_SKIP() << "kept beside the sources only";
    StateDict weights;
    std::vector<std::string> expected;
    std::string official_name, other_name;
    while (std::getline(stream, official_name, '\t') && std::getline(stream, other_name)) {
      expected.push_back(official_name);
      weights.push_back({other_name, at::zeros({1})});
    }
    ASSERT_GT(weights.size(), 100U);
    strip_prefixes(weights);
    EXPECT_EQ(use_official_names(weights).value(), naming);
    for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_EQ(weights[i].name, expected[i]);
  }
}

}  // namespace
}  // namespace orderscope::test
