// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/find_taps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/models/backbone.h"
#include "core/trace/glob.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Names = std::vector<std::string>;

Names found(const Model& model, const std::string& pattern) {
  auto taps = find_taps(*model.backbone, pattern);
  return taps ? *taps : Names{taps.error().message()};
}

TEST(FindTaps, ModulesGiveTheTapThatTheirOutputPasses) {
  const auto hornet = test::small_model("hornet_7x7"), swin = test::small_model("swin");
  EXPECT_THAT(found(*hornet, "stages.2.1.gnconv"), ElementsAre("stages.2.1.gnconv.proj_out"));
  EXPECT_THAT(found(*hornet, "stages.2"), ElementsAre("stages.2.1"));
  EXPECT_THAT(found(*hornet, "downsample_layers.1"), ElementsAre("downsample_layers.1"));
  // In the official Swin a layer ends with its patch merging.
  EXPECT_THAT(found(*swin, "layers.2"), ElementsAre("layers.2.downsample"));
  EXPECT_THAT(found(*swin, "layers.3"), ElementsAre("layers.3.blocks.1"));
}

TEST(FindTaps, StagesAndBlocksMayBeCountedFromOne) {
  const auto hornet = test::small_model("hornet_7x7"), swin = test::small_model("swin");
  EXPECT_THAT(found(*hornet, "s3b2"), ElementsAre("stages.2.1"));
  EXPECT_THAT(found(*hornet, "s3b2.out"), ElementsAre("stages.2.1"));
  EXPECT_THAT(found(*hornet, "s3b2.gnconv"), ElementsAre("stages.2.1.gnconv.proj_out"));
  EXPECT_THAT(found(*hornet, "s1b1.gnconv.gate.*"),
              ElementsAre("stages.0.0.gnconv.gate.1", "stages.0.0.gnconv.gate.2"));
  EXPECT_THAT(found(*swin, "s3b2.norm1"), ElementsAre("layers.2.blocks.1.norm1"));
  EXPECT_THAT(found(*test::small_model("convnext"), "s3b2.dwconv"), ElementsAre("stages.2.1.dwconv"));
}

TEST(FindTaps, EveryPatternOfAListMustMatch) {
  const auto model = test::small_model("hornet_7x7");
  EXPECT_THAT(found(*model, "stages.3.0,stages.0.0"), ElementsAre("stages.0.0", "stages.3.0"));
  EXPECT_THAT(found(*model, "stages.3.0,stages.2.9"), ElementsAre(HasSubstr("the nearest are stages.2.")));
  for (const char* unknown : {"s3b9", "stages", "stages.9", "s0b1", "s3b2.attn", "", ",", "s99999999999b1", ".out"})
    EXPECT_THAT(found(*model, unknown), ElementsAre(HasSubstr("no such layer"))) << unknown;
}

TEST(FindTaps, PatternsAreSplitAtCommas) {
  EXPECT_THAT(split_patterns("a,b.*,,c"), ElementsAre("a", "b.*", "c"));
  EXPECT_THAT(split_patterns(""), ElementsAre(""));
}

}  // namespace
}  // namespace orderscope
