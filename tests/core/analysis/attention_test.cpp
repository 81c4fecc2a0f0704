// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attention.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/checkpoint/npy.h"
#include "core/trace/trace.h"
#include "tests/golden.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

using testing::HasSubstr;

// The manifests' tolerance: probabilities, absolute.
constexpr double kTolerance = 2e-6;

struct SwinAttention : testing::Test {
  std::shared_ptr<const Model> model = test::small_model("swin");
  at::Tensor input = test::golden_array("rollout/swin/input.npy");
  Trace trace = std::move(*Trace::forward(model->backbone, input, {attention_probe()}));

  BlockAttention attention(std::size_t block) const { return *block_attention(trace, 0, *model, model->blocks[block]); }
};

TEST_F(SwinAttention, FullMatricesEqualTheReference) {
  EXPECT_LT(test::max_abs_difference(attention(3).full(), test::golden_array("rollout/swin/s2b2.full_attention.npy")),
            kTolerance);
}

TEST_F(SwinAttention, RolloutEqualsTheReference) {
  const auto stages = attention_rollout(trace, 0, *model);
  ASSERT_TRUE(stages) << stages.error().message();
  ASSERT_EQ(stages->size(), 4U);
  const StageRollout& second = (*stages)[1];
  EXPECT_LT(test::max_abs_difference(second.within, test::golden_array("rollout/swin/s2.rollout.npy")), kTolerance);
  EXPECT_LT(test::max_abs_difference(second.from_first, test::golden_array("rollout/swin/s1_to_s2.rollout.npy")),
            kTolerance);
  EXPECT_LT(
      test::max_abs_difference(received(second, 16, 16), test::golden_array("rollout/swin/s1_to_s2.received.npy")),
      kTolerance);
  for (const StageRollout& stage : *stages)
    for (const at::Tensor& matrix : {stage.within, stage.from_first})
      EXPECT_LT((matrix.sum(1) - 1).abs().max().item<double>(), 1e-5);
  EXPECT_EQ(stages->back().from_first.sizes(), (std::vector<std::int64_t>{4, 256}));
}

/// Every array of the reference folder, the large ones included, which are kept beside the sources only.
TEST_F(SwinAttention, AllReferenceArraysAgree) {
  const std::filesystem::path shared = std::filesystem::path(ORDERSCOPE_SOURCE_DIR) / ".." / "shared" / "golden";
  if (!std::filesystem::exists(shared / "rollout")) GTEST_SKIP() << "kept beside the sources only";
  for (const std::string name : {"swin", "swin128"}) {
    const auto folder = shared / "rollout" / name;
    const auto of = test::small_model(name);
    const auto images = read_npy(folder / "input.npy");
    ASSERT_TRUE(images);
    const auto own = Trace::forward(of->backbone, *images, {attention_probe()});
    ASSERT_TRUE(own);
    const auto stages = attention_rollout(*own, 0, *of);
    ASSERT_TRUE(stages);
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string file = entry.path().filename();
      if (!file.ends_with(".npy") || file == "input.npy") continue;
      const at::Tensor expected = *read_npy(entry.path());
      const int stage = file[1] - '1';
      at::Tensor ours;
      if (file.find("full_attention") != std::string::npos) {
        for (const BlockInfo& block : of->blocks)
          if (block.stage == stage && block.index == file[3] - '1') ours = block_attention(*own, 0, *of, block)->full();
      } else if (file.starts_with("s1_to_s2")) {
        ours = file.find("received") == std::string::npos ? (*stages)[1].from_first : received((*stages)[1], 16, 16);
      } else {
        ours = (*stages)[static_cast<std::size_t>(stage)].within;
      }
      ASSERT_TRUE(ours.defined()) << file;
      EXPECT_LT(test::max_abs_difference(ours, expected), kTolerance) << name << "/" << file;
    }
  }
}

TEST_F(SwinAttention, AMapFromAPixelIsARowOfTheMatrix) {
  const BlockAttention shifted = attention(1);
  ASSERT_EQ(shifted.layout.shift, 2);
  const at::Tensor full = shifted.full();
  for (const auto& [x, y] : {std::pair{0, 0}, std::pair{63, 63}, std::pair{30, 9}}) {
    const auto map = shifted.from_pixel(x, y);
    ASSERT_TRUE(map);
    EXPECT_EQ(map->height, 16);
    const at::Tensor row = full[y / 4 * 16 + x / 4];
    for (std::int64_t t = 0; t < 256; ++t)
      EXPECT_EQ(map->values[static_cast<std::size_t>(t)], row[t].item<float>()) << x << "," << y << " " << t;
  }
}

TEST_F(SwinAttention, HeadsAverageToTheMean) {
  const BlockAttention block = attention(2);
  const Map mean = *block.from_pixel(20, 40);
  std::vector<double> sum(mean.values.size(), 0);
  for (std::int64_t h = 0; h < block.heads(); ++h) {
    const Map one = *block.from_pixel(20, 40, h);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one.values[i];
  }
  for (std::size_t i = 0; i < sum.size(); ++i)
    EXPECT_NEAR(sum[i] / static_cast<double>(block.heads()), mean.values[i], 1e-6);
}

TEST_F(SwinAttention, TheLastStagesWindowIsTheMapAndHasNoShift) {
  const BlockAttention last = attention(7);
  EXPECT_EQ(last.layout.shift, 0);
  EXPECT_EQ(last.layout.window, 2);
  EXPECT_EQ(attention(5).layout.shift, 0);  // 4 x 4, one window
}

TEST_F(SwinAttention, DistancesAreThoseOfTheMatrices) {
  const BlockAttention block = attention(1);
  const at::Tensor full = block.full().to(at::kDouble);
  const at::Tensor token = at::arange(256, at::kDouble);
  const at::Tensor y = token.div(16, "floor"), x = token.remainder(16);
  const at::Tensor distance = 4 * ((y.unsqueeze(1) - y).square() + (x.unsqueeze(1) - x).square()).sqrt();
  const std::vector<double> ours = block.distances();
  ASSERT_EQ(ours.size(), 2U);
  // The matrix is float32.
  EXPECT_NEAR((ours[0] + ours[1]) / 2, (full * distance).sum(1).mean().item<double>(), 1e-4);
}

TEST(WindowLayout, UniformAttentionHasTheDistanceOfItsWindow) {
  // A window of 2 x 2: distances 0, 1, 1, sqrt 2 from each cell.
  const WindowLayout layout{4, 6, 2, 0};
  const at::Tensor probs = at::full({layout.windows(), 3, 4, 4}, 0.25);
  const at::Tensor distance = mean_attention_distance(layout, probs);
  for (int h = 0; h < 3; ++h) EXPECT_NEAR(distance[h].item<double>(), (2 + std::sqrt(2.0)) / 4, 1e-12);
}

TEST(WindowLayout, ShiftedWindowsWrapAround) {
  const WindowLayout layout{4, 4, 2, 1};
  const at::Tensor cells = layout.token_of_cell();
  EXPECT_TRUE(at::equal(cells[0], at::tensor({5, 6, 9, 10}, at::kLong)));
  EXPECT_TRUE(at::equal(cells[3], at::tensor({15, 12, 3, 0}, at::kLong)));
}

TEST(WindowLayout, PaddingHoldsNoToken) {
  const WindowLayout layout{3, 5, 2, 0};
  EXPECT_EQ(layout.windows(), 6);
  const at::Tensor cells = layout.token_of_cell();
  EXPECT_TRUE(at::equal(cells[2], at::tensor({4, 15, 9, 15}, at::kLong)));
  EXPECT_EQ(std::get<0>(at::_unique(cells)).numel(), 16);
  // What attends to padding is lost, the rest stays where it is.
  const at::Tensor attention = at::full({6, 4, 4}, 0.25);
  const at::Tensor full = attend(layout, attention, at::eye(15));
  EXPECT_NEAR(full[0].sum().item<double>(), 1, 1e-6);
  EXPECT_NEAR(full[4].sum().item<double>(), 0.5, 1e-6);
  EXPECT_EQ(attention_from(layout, attention.unsqueeze(1), 4).sizes(), (std::vector<std::int64_t>{1, 3, 5}));
}

TEST_F(SwinAttention, ErrorsSayWhatThereIs) {
  const BlockAttention block = attention(0);
  EXPECT_THAT(block.from_pixel(64, 0).error().message(), HasSubstr("x is 0 to 63"));
  EXPECT_FALSE(block.from_pixel(0, -1));
  EXPECT_THAT(block.from_pixel(0, 0, 2).error().message(), HasSubstr("heads are 0 to 1"));
  EXPECT_THAT(attention_blocks(*model, "layers.9.*").error().message(), HasSubstr("nearest are layers."));
  EXPECT_THAT(attention_blocks(*test::small_model("convnext")).error().message(), HasSubstr("only a Swin"));
  const auto some = Trace::forward(model->backbone, input, {attention_probe("layers.1.*")});
  EXPECT_FALSE(block_attention(*some, 0, *model, model->blocks[0]));
  EXPECT_TRUE(block_attention(*some, 0, *model, model->blocks[2]));
}

TEST_F(SwinAttention, NaNIsAnError) {
  const auto nan = Trace::forward(model->backbone, at::full_like(input, NAN), {attention_probe()});
  ASSERT_TRUE(nan);
  EXPECT_THAT(block_attention(*nan, 0, *model, model->blocks[0]).error().message(), HasSubstr("NaN"));
}

TEST_F(SwinAttention, IsAMethodThatGivesMaps) {
  const Method& method = attention_method();
  const auto values = check_values(method.descriptor, {{"block", "layers.0.*,layers.3.blocks.1"}, {"x", "3"}});
  ASSERT_TRUE(values);
  const std::vector<MethodRequest> requests{{&method, *values}};
  const auto outcome = run_methods({model, input}, requests, std::nullopt);
  ASSERT_TRUE(outcome);
  ASSERT_TRUE(outcome->results[0]) << outcome->results[0].error().message();
  EXPECT_EQ(outcome->results[0]->maps.size(), 3U);
  EXPECT_EQ(outcome->results[0]->maps[2].name, "layers.3.blocks.1");
  EXPECT_EQ(outcome->results[0]->matrices[0].columns.size(), 16U);
}

}  // namespace
}  // namespace orderscope
