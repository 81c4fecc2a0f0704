// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/needed_part.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/models/backbone.h"
#include "core/trace/input_gradient.h"
#include "tests/formula.h"
#include "tests/small_models.h"

namespace orderscope {
namespace {

at::Tensor field(const std::shared_ptr<const Backbone>& backbone, const at::Tensor& images, const std::string& tap,
                 const Part& at, bool whole, const std::string& closable = {}) {
  auto pass = InputGradient::forward(backbone, images, tap, closable, {}, {}, whole ? std::nullopt : std::optional(at));
  EXPECT_TRUE(pass) << pass.error().message();
  const auto closed = [](const std::string& gate) { return gate.ends_with(".1"); };
  auto gradient = pass->of(
      [&](const at::Tensor& x) { return at::relu(x.slice(2, at.top, at.bottom).slice(3, at.left, at.right)).sum(); },
      closable.empty() ? std::function<bool(const std::string&)>() : closed);
  EXPECT_TRUE(gradient) << gradient.error().message();
  return *gradient;
}

TEST(NeededPart, GrowsByTheRadiusOfEveryBlockAndStopsAtTheBorder) {
  // One block a stage, 7 x 7: 3 places around each.
  const auto backbone = test::formula_backbone(test::hornet_architecture(16, false, {1, 1, 1, 1}));
  EXPECT_EQ(grid_at(*backbone, "stages.3.0", 260, 256), (std::array<int64_t, 2>{8, 8}));
  const auto parts = needed_parts(*backbone, "stages.3.0", 260, 256, {4, 0, 5, 1});
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 8U);  // stem, block, three times downsampling and block
  EXPECT_EQ((*parts)[7], (Part{1, 0, 8, 4}));
  EXPECT_EQ((*parts)[6], (Part{2, 0, 16, 8}));
  EXPECT_EQ((*parts)[5], (Part{0, 0, 16, 11}));
  EXPECT_EQ((*parts)[2], (Part{0, 0, 64, 50}));  // of 65 rows; the last is dropped by the downsampling
  EXPECT_EQ((*parts)[0], (Part{0, 0, 260, 212}));
  EXPECT_FALSE(needed_parts(*backbone, "logits", 256, 256, {0, 0, 1, 1}));
  const auto global = test::formula_backbone(test::hornet_architecture(16, true, {1, 1, 1, 1}));
  EXPECT_FALSE(needed_parts(*global, "stages.3.0", 256, 256, {4, 4, 5, 5}));
  EXPECT_TRUE(needed_parts(*global, "stages.1.0", 256, 256, {4, 4, 5, 5}));
}

TEST(NeededPart, GradientsAreThoseOfTheWholeMap) {
  for (const auto& backbone : {test::formula_backbone(test::hornet_architecture(16, false, {1, 2, 3, 1})),
                               test::formula_backbone(test::convnext_architecture(16, {1, 1, 2, 1}))}) {
    at::manual_seed(1);
    const at::Tensor images = at::randn({2, 3, 292, 324});
    for (const std::string tap : {"stages.3.0", "stages.2.1", "stages.0.0", "downsample_layers.1"}) {
      const auto grid = grid_at(*backbone, tap, 292, 324);
      ASSERT_TRUE(grid);
      const int64_t y = (*grid)[0] / 2, x = (*grid)[1] / 3;
      const Part place{y, x, y + 1, x + 2};
      const at::Tensor expected = field(backbone, images, tap, place, true);
      const at::Tensor found = field(backbone, images, tap, place, false);
      // Products over fewer rows may be summed in another order.
      EXPECT_LT(test::max_abs_difference(found, expected), 1e-5 * expected.abs().max().item<double>()) << tap;
      EXPECT_TRUE(at::equal(found.eq(0), expected.eq(0))) << tap;
    }
  }
}

TEST(NeededPart, ClosedGatesAndPlacesAtTheBorderAreExactToo) {
  const auto backbone = test::formula_backbone(test::hornet_architecture(16, false, {1, 1, 2, 1}));
  at::manual_seed(2);
  const at::Tensor images = at::randn({1, 3, 256, 256});
  for (const Part& place : {Part{0, 0, 1, 1}, Part{7, 7, 8, 8}, Part{3, 7, 5, 8}}) {
    const at::Tensor expected = field(backbone, images, "stages.3.0", place, true, "*.gnconv.gate.*");
    const at::Tensor found = field(backbone, images, "stages.3.0", place, false, "*.gnconv.gate.*");
    EXPECT_LT(test::max_abs_difference(found, expected), 1e-5 * expected.abs().max().item<double>());
  }
}

}  // namespace
}  // namespace orderscope
