// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/window_order.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace orderscope {
namespace {

/// Windows as Swin's window_partition and torch.roll make them.
at::Tensor rolled_and_partitioned(const at::Tensor& map, std::int64_t w, std::int64_t shift) {
  const std::int64_t n = map.size(0), height = map.size(1), width = map.size(2), channels = map.size(3);
  return at::roll(map, {-shift, -shift}, {1, 2})
      .reshape({n, height / w, w, width / w, w, channels})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({n, height * width, channels});
}

TEST(WindowOrderTest, IsARollAndAPartition) {
  torch::manual_seed(1);
  for (const std::int64_t shift : {0, 1, 3}) {
    const at::Tensor map = at::randn({2, 14, 21, 5});
    const WindowOrder order = WindowOrder::make(14, 21, 7, shift);
    const at::Tensor tokens = map.flatten(1, 2);
    const at::Tensor windows = reorder_tokens(tokens, order.windowed, order.mapped);
    EXPECT_TRUE(at::equal(windows, rolled_and_partitioned(map, 7, shift))) << shift;
    EXPECT_TRUE(at::equal(reorder_tokens(windows, order.mapped, order.windowed), tokens)) << shift;
  }
}

TEST(WindowOrderTest, GradientsGoTheWayBack) {
  torch::manual_seed(1);
  const at::Tensor map = at::randn({1, 8, 8, 3}, at::kDouble).requires_grad_();
  const at::Tensor dy = at::randn({1, 64, 3}, at::kDouble);
  const WindowOrder order = WindowOrder::make(8, 8, 4, 2);
  const auto derivatives = [&](const at::Tensor& y) {
    const at::Tensor first = torch::autograd::grad({(y.pow(3) * dy).sum()}, {map}, {}, true, true)[0];
    return std::pair(first.detach(), torch::autograd::grad({first.pow(2).sum()}, {map})[0]);
  };
  const auto got = derivatives(reorder_tokens(map.flatten(1, 2), order.windowed, order.mapped));
  const auto expected = derivatives(rolled_and_partitioned(map, 4, 2));
  EXPECT_TRUE(at::equal(got.first, expected.first));
  EXPECT_TRUE(at::equal(got.second, expected.second));
}

TEST(WindowOrderTest, TakesAnyTypeAndLayout) {
  const WindowOrder order = WindowOrder::make(4, 4, 2, 1);
  const at::Tensor x = at::arange(3 * 16 * 2, at::kFloat).view({2, 16, 3}).to(at::kBFloat16);
  const at::Tensor strided = at::cat({x, x}, 2).slice(2, 3);
  EXPECT_TRUE(at::equal(reorder_tokens(strided, order.windowed, order.mapped), x.index_select(1, order.windowed)));
}

}  // namespace
}  // namespace orderscope
