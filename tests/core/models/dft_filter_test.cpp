// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dft_filter.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace orderscope {
namespace {

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

struct Case {
  std::int64_t height, width, channels;
  at::ScalarType type;
};

class DftFilterTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    torch::manual_seed(2);
    const Case& c = GetParam();
    x = at::randn({2, c.height, c.width, c.channels}, c.type);
    dy = at::randn(x.sizes(), c.type);
    filter = at::view_as_complex(at::randn({c.channels, c.height, c.width / 2 + 1, 2}, c.type));
    // Sums of up to 100 products beside an FFT's few.
    tolerance = c.type == at::kDouble ? 1e-14 : 3e-6;
  }

  at::Tensor by_fft(const at::Tensor& in) const {
    const std::array<std::int64_t, 2> size{in.size(1), in.size(2)};
    const at::Tensor spectrum = at::fft_rfft2(in.permute({0, 3, 1, 2}), std::nullopt, {-2, -1}, "ortho");
    return at::fft_irfft2(spectrum * filter, size, {-2, -1}, "ortho").permute({0, 2, 3, 1});
  }

  at::Tensor x, dy, filter;
  double tolerance = 0;
};

TEST_P(DftFilterTest, ValuesAreThoseOfAnFft) {
  const DftFilter dft(filter, GetParam().width);
  EXPECT_LT(relative_difference(dft.apply(x), by_fft(x)), tolerance);
  const at::Tensor wide = at::cat({dy, x}, 3).slice(3, x.size(3));
  EXPECT_LT(relative_difference(dft.apply(wide), by_fft(x)), tolerance) << "half of wider rows";
}

TEST_P(DftFilterTest, GradientsAndSecondDerivativesAreThoseOfAnFft) {
  const DftFilter dft(filter, GetParam().width);
  x.requires_grad_();
  const auto derivatives = [&](const at::Tensor& y) {
    const at::Tensor first = torch::autograd::grad({(y.pow(3) * dy).sum()}, {x}, {}, true, true)[0];
    return std::pair(first.detach(), torch::autograd::grad({first.pow(2).sum()}, {x})[0]);
  };
  const auto [first, second] = derivatives(dft.apply(x));
  const auto [expected_first, expected_second] = derivatives(by_fft(x));
  EXPECT_LT(relative_difference(first, expected_first), 10 * tolerance);
  EXPECT_LT(relative_difference(second, expected_second), 30 * tolerance);
}

// Even and odd sides, one row, one pixel; more channels than a vector and fewer.
INSTANTIATE_TEST_SUITE_P(Sizes, DftFilterTest,
                         testing::Values(Case{7, 7, 40, at::kFloat}, Case{8, 6, 17, at::kFloat},
                                         Case{5, 8, 3, at::kDouble}, Case{9, 4, 20, at::kDouble},
                                         Case{1, 6, 4, at::kDouble}, Case{1, 1, 18, at::kFloat}),
                         [](const auto& info) {
                           return std::to_string(info.param.height) + "x" + std::to_string(info.param.width) + "x" +
                                  std::to_string(info.param.channels) +
                                  (info.param.type == at::kDouble ? "_double" : "_float");
                         });

}  // namespace
}  // namespace orderscope
