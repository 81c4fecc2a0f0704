// SPDX-License-Identifier: GPL-3.0-or-later
// What stands on a backbone, read off names and shapes.
#include "core/checkpoint/dense_architecture.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "core/checkpoint/class_lists.h"
#include "core/checkpoint/mm_meta.h"
#include "tests/core/checkpoint/checkpoint_files.h"

namespace orderscope::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A state dict of shapes; every tensor is in the memory of one number.
struct Shapes {
  Checkpoint checkpoint;

  Shapes& add(const std::string& name, const std::vector<int64_t>& shape) {
    checkpoint.state_dict.push_back({name, at::zeros({}).expand(shape)});
    return *this;
  }
  Shapes& conv(const std::string& name, int64_t out, int64_t in, int64_t kernel) {
    add(name + ".weight", {out, in, kernel, kernel});
    return add(name + ".bias", {out});
  }
  Shapes& conv_bn(const std::string& name, int64_t out, int64_t in, int64_t kernel) {
    add(name + ".conv.weight", {out, in, kernel, kernel});
    for (const char* part : {"weight", "bias", "running_mean", "running_var"}) add(name + ".bn." + part, {out});
    return add(name + ".bn.num_batches_tracked", {});
  }
  Shapes& gn(const std::string& name, int64_t out, int64_t in, bool filter) {
    conv(name + ".proj_in", 2 * out, in, 1);
    if (filter) {
      add(name + ".dwconv.complex_weight", {3 * out / 4, 32, 17, 2});
    } else {
      conv(name + ".dwconv", 3 * out / 2, 1, 7);
    }
    conv(name + ".pws.0", out, out / 2, 1);
    return conv(name + ".proj_out", out, out, 1);
  }
  /// The tensor of this name gets another shape; no shape takes it out.
  void change(const std::string& name, std::optional<std::vector<int64_t>> shape) {
    auto& weights = checkpoint.state_dict;
    const auto found = std::ranges::find(weights, name, &NamedTensor::name);
    ASSERT_NE(found, weights.end()) << name;
    if (shape) {
      found->tensor = at::zeros({}).expand(*shape);
    } else {
      weights.erase(found);
    }
  }
};

Architecture tiny() {
  Architecture a;
  a.dims = {64, 128, 256, 512};
  a.levels = {0, 1, 2, 3};
  return a;
}

Shapes uper_head(bool horfpn, bool filter = false) {
  Shapes s;
  for (int k = 0; k < 4; ++k) s.conv_bn("decode_head.psp_modules." + std::to_string(k) + ".1", 512, 512, 1);
  s.conv_bn("decode_head.bottleneck", 512, 512 + 4 * 512, 3);
  for (int i = 0; i < 3; ++i) {
    s.conv_bn("decode_head.lateral_convs." + std::to_string(i), 512, 64 << i, 1);
    s.conv_bn("decode_head.fpn_convs." + std::to_string(i), 512, 512, 3);
  }
  if (horfpn) {
    s.gn("decode_head.fpn_bottleneck", 512, 2048, filter);
    s.add("decode_head.fpn_bottleneck.bn.running_mean", {512});
  } else {
    s.conv_bn("decode_head.fpn_bottleneck", 512, 2048, 3);
  }
  s.conv("decode_head.conv_seg", 150, 512, 1);
  s.conv("auxiliary_head.conv_seg", 150, 256, 1);
  return s;
}

Shapes two_stage(int stages, bool horfpn) {
  Shapes s;
  for (int i = 0; i < 4; ++i) {
    s.conv("neck.lateral_convs." + std::to_string(i) + ".conv", 256, 64 << i, 1);
    const std::string output = "neck.fpn_convs." + std::to_string(i);
    if (horfpn) s.gn(output, 256, 256, false);
    if (!horfpn) s.conv(output + ".conv", 256, 256, 3);
  }
  s.conv("rpn_head.rpn_conv", 256, 256, 3).conv("rpn_head.rpn_cls", 3, 256, 1).conv("rpn_head.rpn_reg", 12, 256, 1);
  for (int k = 0; k < stages; ++k) {
    const std::string number = stages > 1 ? std::to_string(k) + "." : "";
    const std::string box = "roi_head.bbox_head." + number, mask = "roi_head.mask_head." + number;
    if (stages > 1)
      for (int j = 0; j < 4; ++j) s.conv_bn(box + "shared_convs." + std::to_string(j), 256, 256, 3);
    s.add(box + "shared_fcs.0.weight", {1024, 12544});
    if (stages == 1) s.add(box + "shared_fcs.1.weight", {1024, 1024});
    s.add(box + "fc_cls.weight", {81, 1024}).add(box + "fc_reg.weight", {320, 1024});
    for (int j = 0; j < 4; ++j) s.conv(mask + "convs." + std::to_string(j) + ".conv", 256, 256, 3);
    s.add(mask + "upsample.weight", {256, 256, 2, 2});
    s.conv(mask + "conv_logits", 80, 256, 1);
  }
  return s;
}

TEST(DenseArchitecture, UperHeadsAreRead) {
  const auto plain = infer_dense(uper_head(false).checkpoint, tiny());
  ASSERT_TRUE(plain) << plain.error().message();
  EXPECT_EQ(plain->name(), "UPerNet");
  EXPECT_EQ(plain->classes(), 150);
  EXPECT_EQ(plain->uper_head->channels(), 512);
  EXPECT_THAT(plain->uper_head->pool_scales, ElementsAre(1, 2, 3, 6));
  EXPECT_TRUE(plain->uper_head->bottleneck.norm);
  EXPECT_FALSE(plain->uper_head->bottleneck.bias);
  EXPECT_FALSE(plain->uper_head->align_corners);

  const auto gn = infer_dense(uper_head(true).checkpoint, tiny());
  ASSERT_TRUE(gn) << gn.error().message();
  EXPECT_EQ(gn->name(), "UPerNet with HorFPN");
  EXPECT_EQ(*gn->uper_head->gn_fusion, (GnModuleShape{2048, 512, 512, 2, 7, std::nullopt, true, true}));
  const auto gf = infer_dense(uper_head(true, true).checkpoint, tiny());
  ASSERT_TRUE(gf) << gf.error().message();
  EXPECT_EQ(gf->uper_head->gn_fusion->filter, (FilterSize{32, 17}));
}

TEST(DenseArchitecture, DetectorsAreRead) {
  const auto mask = infer_dense(two_stage(1, false).checkpoint, tiny());
  ASSERT_TRUE(mask) << mask.error().message();
  EXPECT_EQ(mask->name(), "Mask R-CNN");
  EXPECT_THAT(mask->box_heads.front().fcs, ElementsAre(1024, 1024));
  EXPECT_EQ(mask->box_heads.front().roi_size, 7);

  const auto cascade = infer_dense(two_stage(3, true).checkpoint, tiny());
  ASSERT_TRUE(cascade) << cascade.error().message();
  EXPECT_EQ(cascade->name(), "Cascade Mask R-CNN with HorFPN");
  EXPECT_EQ(cascade->box_heads.size(), 3u);
  EXPECT_EQ(cascade->mask_heads.size(), 3u);
  EXPECT_EQ(cascade->box_heads.back().convs.size(), 4u);
  EXPECT_FALSE(cascade->box_heads.back().class_agnostic);
  EXPECT_EQ(cascade->neck->gn_outputs.size(), 4u);
  EXPECT_EQ(cascade->classes(), 80);
}

TEST(DenseArchitecture, ADamagedHeadIsNamed) {
  const auto message = [](Shapes s) {
    const auto dense = infer_dense(s.checkpoint, tiny());
    EXPECT_FALSE(dense);
    return dense ? std::string() : dense.error().message();
  };
  Shapes s = uper_head(false);
  s.change("decode_head.conv_seg.weight", std::nullopt);
  EXPECT_THAT(message(s), HasSubstr("decode_head.conv_seg.weight"));
  s = uper_head(false);
  s.change("decode_head.lateral_convs.1.conv.weight", std::vector<int64_t>{512, 96, 1, 1});
  EXPECT_THAT(message(s), HasSubstr("decode_head.lateral_convs.1.conv.weight"));
  s = uper_head(true);
  s.change("decode_head.fpn_bottleneck.proj_in.weight", std::vector<int64_t>{1023, 2048, 1, 1});
  EXPECT_THAT(message(s), HasSubstr("proj_in"));
  s = two_stage(3, false);
  s.change("roi_head.bbox_head.1.fc_reg.weight", std::vector<int64_t>{300, 1024});
  EXPECT_THAT(message(s), HasSubstr("roi_head.bbox_head.1.fc_reg.weight"));
  s = two_stage(1, false);
  s.change("rpn_head.rpn_reg.weight", std::vector<int64_t>{11, 256, 1, 1});
  EXPECT_THAT(message(s), HasSubstr("rpn_head.rpn_reg.weight"));
}

TEST(DenseArchitecture, HeadsThatAreNotKnownAreListed) {
  Shapes s;
  s.conv("decode_head.conv_seg", 19, 512, 1).conv("decode_head.convs.0.conv", 512, 512, 3).conv("neck.x", 1, 1, 1);
  s.conv("auxiliary_head.conv_seg", 19, 512, 1);
  const auto dense = infer_dense(s.checkpoint, tiny());
  ASSERT_TRUE(dense) << dense.error().message();
  EXPECT_FALSE(dense->is_known());
  EXPECT_THAT(dense->left_out, ElementsAre("decode_head.* (4)", "neck.* (2)"));
}

/// Whether such a file opens as a backbone.
bool is_given_up(Shapes s) {
  const auto dense = infer_dense(s.checkpoint, tiny());
  EXPECT_TRUE(dense) << dense.error().message();
  return dense && !dense->is_known() && !dense->left_out.empty();
}

TEST(DenseArchitecture, HeadsThatComputeSomethingElseAreNotKnown) {
  EXPECT_FALSE(infer_dense(two_stage(3, false).checkpoint, tiny())->left_out.size());
  EXPECT_TRUE(is_given_up(uper_head(false).add("decode_head.bottleneck.gn.weight", {512}))) << "GroupNorm";
  EXPECT_TRUE(is_given_up(two_stage(1, false).conv("roi_head.bbox_head.reg_convs.0.conv", 256, 256, 3)));
  EXPECT_TRUE(is_given_up(two_stage(3, false).conv("roi_head.semantic_head.convs.0.conv", 256, 256, 3))) << "HTC";
  EXPECT_TRUE(is_given_up(two_stage(1, false).conv("roi_head.mask_iou_head.convs.0", 256, 257, 3))) << "Mask scoring";
  EXPECT_TRUE(is_given_up(two_stage(1, false).conv("neck.fpn_convs.4.conv", 256, 512, 3))) << "further levels";
  Shapes s = two_stage(1, false);
  s.change("rpn_head.rpn_cls.weight", std::vector<int64_t>{6, 256, 1, 1});
  EXPECT_TRUE(is_given_up(s)) << "softmax";
  s = Shapes();
  for (int i = 1; i < 4; ++i) {
    s.conv("neck.lateral_convs." + std::to_string(i - 1) + ".conv", 256, 64 << i, 1);
    s.conv("neck.fpn_convs." + std::to_string(i - 1) + ".conv", 256, 256, 3);
  }
  for (const NamedTensor& tensor : two_stage(1, false).checkpoint.state_dict)
    if (!tensor.name.starts_with("neck.")) s.checkpoint.state_dict.push_back(tensor);
  EXPECT_TRUE(is_given_up(s)) << "a neck from the second level on";
}

TEST(DenseArchitecture, WhatStandsBesideAnUnknownHeadIsListedToo) {
  Shapes s;
  s.conv("bbox_head.cls", 80, 256, 1)
      .conv("encoder.layers.0.ffn", 256, 256, 1)
      .add("query_embedding.weight", {300, 256});
  s.add("stages.0.0.gamma", {64}).add("norm0.weight", {64});
  EXPECT_THAT(infer_dense(s.checkpoint, tiny())->left_out,
              ElementsAre("bbox_head.* (2)", "encoder.* (2)", "query_embedding.* (1)"));
}

TEST(DenseArchitecture, ABiasThatIsGoneIsNoConvolutionWithoutOne) {
  for (const char* name :
       {"neck.fpn_convs.2.conv.bias", "rpn_head.rpn_conv.bias", "roi_head.mask_head.convs.1.conv.bias"}) {
    Shapes s = two_stage(1, false);
    s.change(name, std::nullopt);
    const auto dense = infer_dense(s.checkpoint, tiny());
    ASSERT_FALSE(dense) << name;
    EXPECT_THAT(dense.error().message(), HasSubstr(name));
  }
}

TEST(DenseArchitecture, OtherNumbersOfConvolutionsAndClassesAreRead) {
  Shapes s = two_stage(1, false);
  s.conv("roi_head.mask_head.convs.4.conv", 256, 256, 3);
  s.change("roi_head.bbox_head.shared_fcs.1.weight", std::nullopt);
  s.change("roi_head.bbox_head.fc_cls.weight", std::vector<int64_t>{4, 1024});
  s.change("roi_head.bbox_head.fc_reg.weight", std::vector<int64_t>{4, 1024});
  s.change("roi_head.mask_head.conv_logits.weight", std::vector<int64_t>{1, 256, 1, 1});
  s.change("roi_head.mask_head.conv_logits.bias", std::vector<int64_t>{1});
  const auto dense = infer_dense(s.checkpoint, tiny());
  ASSERT_TRUE(dense) << dense.error().message();
  EXPECT_EQ(dense->classes(), 3);
  EXPECT_TRUE(dense->box_heads.front().class_agnostic);
  EXPECT_THAT(dense->box_heads.front().fcs, ElementsAre(1024));
  EXPECT_EQ(dense->mask_heads.front().convs.size(), 5u);
  EXPECT_EQ(dense->mask_heads.front().classes, 1);
}

TEST(DenseArchitecture, TheConfigTellsWhatTheWeightsDoNot) {
  Shapes s = uper_head(false);
  s.checkpoint.metadata["config"] =
      "decode_head=dict(type='UPerHead', pool_scales=(1, 2, 4, 8), align_corners=True), test_cfg=dict(mode='slide')";
  const auto dense = infer_dense(s.checkpoint, tiny());
  ASSERT_TRUE(dense);
  EXPECT_THAT(dense->uper_head->pool_scales, ElementsAre(1, 2, 4, 8));
  EXPECT_TRUE(dense->uper_head->align_corners);
}

TEST(ConfigText, NumbersAndWordsAreFoundBehindNames) {
  const std::string config =
      "crop_size = (512, 640)\nmy_stride=7, stride=(341, 341), mode='slide', flag=True, x=(1, 'a')";
  EXPECT_THAT(*config_numbers(config, "crop_size"), ElementsAre(512, 640));
  EXPECT_THAT(*config_numbers(config, "stride"), ElementsAre(341, 341));
  EXPECT_EQ(config_word(config, "mode"), "slide");
  EXPECT_EQ(config_word(config, "flag"), "True");
  EXPECT_FALSE(config_numbers(config, "x"));
  EXPECT_THAT(*config_reals("ratios=[0.5, 1.0, 2]", "ratios"), ElementsAre(0.5, 1, 2));
  EXPECT_FALSE(config_numbers("ratios=[0.5, 1.0, 2]", "ratios"));
  EXPECT_FALSE(config_numbers(config, "missing"));
  EXPECT_FALSE(config_numbers("stride=", "stride"));
  EXPECT_FALSE(config_numbers("stride=(1, 2", "stride"));
}

TEST(ConfigText, SectionsAreThoseThatHoldTheName) {
  const std::string config =
      "crop_size = (640, 640)\nmodel = dict(test_cfg=dict(crop_size=(512, 512), mode='slide', stride=(341, 341)))\n"
      "test_cfg = dict(type='TestLoop')\n"
      "train_pipeline = [dict(type='Resize', img_scale=[(480, 1333), (512, 1333)])]\n"
      "test_pipeline = [dict(type='Flip', img_scale=(1333, 800), transforms=[dict(type='Resize')])]\n";
  const std::string test = config_section(config, "test_cfg", "mode");
  EXPECT_THAT(*config_numbers(test, "crop_size"), ElementsAre(512, 512));
  EXPECT_EQ(config_word(test, "mode"), "slide");
  EXPECT_THAT(*config_numbers(config_section(config, "test_pipeline", "img_scale"), "img_scale"),
              ElementsAre(1333, 800));
  EXPECT_EQ(config_section(config, "test_cfg", "img_scale"), "");
  EXPECT_EQ(config_section("test_cfg=dict(mode='slide'", "test_cfg", "mode"), "dict(mode='slide'");
}

TEST(ClassLists, AreThoseOfTheDataSets) {
  EXPECT_EQ(ade20k_classes().names.size(), 150u);
  EXPECT_EQ(ade20k_classes().names[0], "wall");
  EXPECT_EQ(ade20k_classes().names[7], "bed ");  // as mmsegmentation spells it
  EXPECT_EQ(ade20k_classes().colors[2], (ClassColor{6, 230, 230}));
  EXPECT_EQ(coco_classes().names.size(), 80u);
  EXPECT_EQ(coco_classes().names[79], "toothbrush");
  EXPECT_NE(made_up_colors(300)[0], made_up_colors(300)[1]);
}

TEST(Pyramids, ABackboneWithNormsNeedsNoHead) {
  StateDict weights = official("hornet_7x7");
  std::erase_if(weights,
                [](const NamedTensor& t) { return t.name.starts_with("head.") || t.name.starts_with("norm."); });
  EXPECT_THAT(infer_architecture(weights).error().message(), HasSubstr("head"));
  for (const int level : {1, 3}) weights.push_back({"norm" + std::to_string(level) + ".weight", at::zeros({1})});
  const auto architecture = infer_architecture(weights);
  ASSERT_TRUE(architecture) << architecture.error().message();
  EXPECT_THAT(architecture->levels, ElementsAre(1, 3));
  EXPECT_EQ(architecture->classes, 0);
}

}  // namespace
}  // namespace orderscope::test
