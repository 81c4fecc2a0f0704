// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/architecture.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/core/checkpoint/checkpoint_files.h"

namespace orderscope::test {
namespace {

using testing::HasSubstr;

/// A tensor of any shape in the memory of one number.
at::Tensor shaped(const std::vector<int64_t>& shape) { return at::zeros({}).expand(shape); }

NamedTensor& entry(StateDict& weights, const std::string& name) {
  const auto found = std::ranges::find(weights, name, &NamedTensor::name);
  EXPECT_NE(found, weights.end()) << name;
  return *found;
}

std::string refusal(const StateDict& weights) {
  const auto architecture = infer_architecture(weights);
  EXPECT_FALSE(architecture);
  return architecture ? "" : architecture.error().message();
}

TEST(InferArchitecture, OfTheSmallModels) {
  Architecture hornet;
  hornet.classes = 10;
  hornet.depths = {1, 1, 2, 1};
  hornet.dims = {16, 32, 64, 128};
  hornet.orders = {2, 3, 4, 5};
  hornet.filters.resize(4);
  EXPECT_EQ(infer_architecture(official("hornet_7x7")).value(), hornet);

  Architecture filtered = hornet;
  filtered.filters = {std::nullopt, std::nullopt, FilterSize{4, 3}, FilterSize{2, 2}};
  filtered.image_size = 64;
  EXPECT_EQ(infer_architecture(official("hornet_gf")).value(), filtered);

  Architecture swin;
  swin.family = Family::Swin;
  swin.classes = 10;
  swin.depths = {2, 2, 2, 2};
  swin.dims = {12, 24, 48, 96};
  swin.heads = {2, 4, 8, 16};
  swin.windows = {4, 4, 4, 2};
  swin.image_size = 64;
  EXPECT_EQ(infer_architecture(official("swin")).value(), swin);

  swin.dims = {8, 16, 32, 64};
  swin.heads = {1, 2, 4, 8};
  swin.windows = {4, 4, 4, 4};
  swin.image_size = 128;
  EXPECT_EQ(infer_architecture(official("swin128")).value(), swin);

  Architecture convnext;
  convnext.family = Family::ConvNeXt;
  convnext.classes = 10;
  convnext.depths = {1, 1, 2, 1};
  convnext.dims = {16, 32, 64, 128};
  EXPECT_EQ(infer_architecture(official("convnext")).value(), convnext);
}

TEST(InferArchitecture, TheSizeOfASwinComesFromItsWindowsWithoutMasks) {
  for (const auto& [model, size] : {std::pair{"swin", 64}, std::pair{"swin128", 128}}) {
    StateDict weights = official(model);
    std::erase_if(weights, [](const NamedTensor& t) { return t.name.ends_with("attn_mask"); });
    EXPECT_EQ(infer_architecture(weights)->image_size, size);
  }
}

TEST(InferArchitecture, MasksTellSizesThatWindowsDoNot) {
  StateDict weights = official("swin128");
  for (auto& [name, tensor] : weights)
    if (name.ends_with("attn_mask")) tensor = shaped({tensor.size(0) * 4, 16, 16});
  EXPECT_EQ(infer_architecture(weights)->image_size, 256);
}

TEST(InferArchitecture, OptionalPartsAreSeen) {
  StateDict swin = official("swin");
  std::erase_if(swin, [](const NamedTensor& t) {
    return t.name.ends_with("qkv.bias") || t.name.starts_with("patch_embed.norm");
  });
  swin.push_back({"absolute_pos_embed", shaped({1, 256, 12})});
  auto architecture = infer_architecture(swin).value();
  EXPECT_FALSE(architecture.qkv_bias);
  EXPECT_FALSE(architecture.patch_norm);
  EXPECT_TRUE(architecture.absolute_position_embedding);

  for (const auto* model : {"hornet_7x7", "convnext"}) {
    StateDict weights = official(model);
    std::erase_if(weights, [](const NamedTensor& t) { return t.name.find(".gamma") != std::string::npos; });
    EXPECT_FALSE(infer_architecture(weights)->layer_scale);
  }
  StateDict gray = official("hornet_7x7");
  entry(gray, "downsample_layers.0.0.weight").tensor = shaped({16, 1, 4, 4});
  EXPECT_EQ(infer_architecture(gray)->in_channels, 1);
}

TEST(InferArchitecture, HeadsOfAnySize) {
  StateDict weights = official("hornet_7x7");
  entry(weights, "head.weight").tensor = shaped({10459, 128});
  EXPECT_EQ(infer_architecture(weights)->classes, 10459);
  std::erase_if(weights, [](const NamedTensor& t) { return t.name.starts_with("head."); });
  EXPECT_THAT(refusal(weights), HasSubstr("\"head.weight\""));
}

TEST(InferArchitecture, OneDamagedTensorDoesNotChangeIt) {
  for (const auto* model : {"hornet_7x7", "hornet_gf", "swin", "convnext"}) {
    const StateDict weights = official(model);
    const auto expected = infer_architecture(weights).value();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::string& name = weights[i].name;
      // These decide alone: about classes, channels, orders and filters in stages of one block, attention, kernels.
      const bool decides = name.starts_with("head.") || name == "downsample_layers.0.0.weight" ||
                           name.find("complex_weight") != std::string::npos || name.ends_with("attn_mask") ||
                           name.find("bias_table") != std::string::npos;
      if (decides) continue;
      StateDict damaged = weights;
      damaged[i].tensor = shaped({3, 5, 7});
      const auto architecture = infer_architecture(damaged);
      ASSERT_TRUE(architecture) << name << ": " << architecture.error().message();
      EXPECT_EQ(*architecture, expected) << name;
    }
  }
}

TEST(InferArchitecture, ContradictionsNameTheKey) {
  StateDict weights = official("hornet_7x7");
  weights.push_back({"stages.2.999999999.gamma1", shaped({64})});
  EXPECT_THAT(refusal(weights), HasSubstr("stages.2.999999999.gamma1"));
  weights.back().name = "stages.7.0.gamma1";
  EXPECT_THAT(refusal(weights), HasSubstr("stages.7.0.gamma1"));
  weights.pop_back();
  std::erase_if(weights, [](const NamedTensor& t) { return t.name.starts_with("stages.2.0."); });
  EXPECT_THAT(refusal(weights), HasSubstr("block 0 of stage 2 is missing"));

  StateDict swin = official("swin");
  for (auto& [name, tensor] : swin)
    if (name.starts_with("layers.1.") && name.ends_with("bias_table")) tensor = shaped({50, 4});
  EXPECT_THAT(refusal(swin), HasSubstr("has 50 rows"));

  StateDict order = official("hornet_7x7");
  order.push_back({"stages.0.0.gnconv.pws.9.weight", shaped({1})});
  EXPECT_THAT(refusal(order), HasSubstr("order 11"));
}

TEST(InferArchitecture, OtherModelsAreRefusedWithWhatTheyBeginWith) {
  EXPECT_THAT(refusal({{"conv1.weight", shaped({64, 3, 7, 7})}}), HasSubstr("\"conv1.weight\""));
  EXPECT_FALSE(infer_architecture({}));
  EXPECT_THAT(refusal({{"layers.0.blocks.0.attn.cpb_mlp.0.weight", shaped({512, 2})}}), HasSubstr("Swin V2"));
  EXPECT_THAT(refusal({{"stages.0.0.grn.gamma", shaped({1, 1, 1, 96})}}), HasSubstr("ConvNeXt V2"));
  EXPECT_THAT(refusal({{"stages.0.blocks.0.attn.w_msa.qkv.weight", shaped({288, 96})}}), HasSubstr("mmpretrain"));
}

TEST(InferArchitecture, RandomNamesAndShapesDoNoHarm) {
  std::mt19937 random(7);
  const std::vector<std::string> parts = {"stages",
                                          "layers",
                                          "blocks",
                                          "0",
                                          "1",
                                          "2",
                                          "3",
                                          "99999999999999999999",
                                          "-1",
                                          "gnconv",
                                          "pws",
                                          "dwconv",
                                          "complex_weight",
                                          "attn",
                                          "attn_mask",
                                          "norm1",
                                          "relative_position_bias_table",
                                          "pwconv1",
                                          "weight",
                                          "bias",
                                          "head",
                                          "gamma1",
                                          "proj_out",
                                          "",
                                          "mlp.fc1",
                                          "downsample_layers"};
  const std::vector<int64_t> sizes = {0, 1, 2, 3, 7, 49, 169, 1 << 20, int64_t{1} << 33, int64_t{1} << 40};
  const std::vector<StateDict> starts = {
      {}, official("hornet_7x7"), official("hornet_gf"), official("swin"), official("convnext")};
  for (std::size_t round = 0; round < 3000; ++round) {
    StateDict weights = starts[round % starts.size()];
    for (int i = 0; i < 12; ++i) {
      std::string name;
      for (unsigned part = 0; part < 2 + random() % 5; ++part)
        name += (part > 0 ? "." : "") + parts[random() % parts.size()];
      std::vector<int64_t> shape(random() % 5);
      int64_t product = 1;
      for (auto& size : shape) {
        size = sizes[random() % sizes.size()];
        if (size > 1 && product > (int64_t{1} << 60) / size) size = 1;
        product *= std::max<int64_t>(size, 1);
      }
      if (!weights.empty() && random() % 2 == 0)
        weights[random() % weights.size()].tensor = shaped(shape);
      else
        weights.push_back({name, shaped(shape)});
    }
    const auto architecture = infer_architecture(weights);
    if (!architecture) {
      EXPECT_EQ(architecture.error().message().find('\n'), std::string::npos);
      continue;
    }
    for (const int dim : architecture->dims) EXPECT_GE(dim, 1);
    EXPECT_GE(architecture->image_size, 1);
  }
}

struct KeyList {
  std::string file;
  Family family;
  std::vector<int> depths, dims;
  int image_size;
};

TEST(InferArchitecture, OfFullSizeModels) {
  const std::vector<KeyList> lists = {
      {"hornet_tiny_7x7", Family::HorNet, {2, 3, 18, 2}, {64, 128, 256, 512}, 224},
      {"hornet_tiny_gf", Family::HorNet, {2, 3, 18, 2}, {64, 128, 256, 512}, 224},
      {"swin_T", Family::Swin, {2, 2, 6, 2}, {96, 192, 384, 768}, 224},
      {"swin_S", Family::Swin, {2, 2, 18, 2}, {96, 192, 384, 768}, 224},
      {"swin_B", Family::Swin, {2, 2, 18, 2}, {128, 256, 512, 1024}, 224},
      {"swin_B384", Family::Swin, {2, 2, 18, 2}, {128, 256, 512, 1024}, 384},
      {"swin_L384", Family::Swin, {2, 2, 18, 2}, {192, 384, 768, 1536}, 384},
      {"convnext_tiny", Family::ConvNeXt, {3, 3, 9, 3}, {96, 192, 384, 768}, 224},
      {"convnext_large", Family::ConvNeXt, {3, 3, 27, 3}, {192, 384, 768, 1536}, 224},
  };
  for (const auto& list : lists) {
    std::ifstream stream(beside_the_sources("reference/keys/keys_" + list.file + ".txt"));
    if (!stream) GTEST_SKIP() << "kept beside the sources only";
    StateDict weights;
    std::string name, shape, dtype;
    while (std::getline(stream, name, '\t') && std::getline(stream, shape, '\t') && std::getline(stream, dtype))
      weights.push_back({name, shaped(nlohmann::json::parse(shape).get<std::vector<int64_t>>())});
    const auto architecture = infer_architecture(weights);
    ASSERT_TRUE(architecture) << list.file << ": " << architecture.error().message();
    EXPECT_EQ(architecture->family, list.family) << list.file;
    EXPECT_EQ(architecture->depths, list.depths) << list.file;
    EXPECT_EQ(architecture->dims, list.dims) << list.file;
    EXPECT_EQ(architecture->image_size, list.image_size) << list.file;
    EXPECT_EQ(architecture->classes, 1000) << list.file;
    EXPECT_EQ(architecture->mlp_ratio, 4) << list.file;
    if (list.family == Family::HorNet) {
      EXPECT_EQ(architecture->orders, (std::vector{2, 3, 4, 5}));
    }
    if (list.file == "hornet_tiny_gf") {
      EXPECT_EQ(architecture->filters[2], (FilterSize{14, 8}));
      EXPECT_EQ(architecture->filters[3], (FilterSize{7, 4}));
    }
    if (list.file == "swin_B384") {
      EXPECT_EQ(architecture->windows, (std::vector{12, 12, 12, 12}));
      EXPECT_EQ(architecture->heads, (std::vector{4, 8, 16, 32}));
    }
  }
}

TEST(Family, NamesGoBothWays) {
  for (const auto family : {Family::HorNet, Family::Swin, Family::ConvNeXt})
    EXPECT_EQ(family_from_string(to_string(family)).value(), family);
  EXPECT_THAT(family_from_string("resnet").error().message(), HasSubstr("hornet, swin or convnext"));
}

}  // namespace
}  // namespace orderscope::test
