// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/row_kernels.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

namespace orderscope {
namespace {

// Each kernel beside LibTorch's operations in float64. Rows of 37 values have what does not fill a vector.
template <class T>
class RowKernels : public testing::Test {
 protected:
  static constexpr std::int64_t kRows = 5, kChannels = 37;
  static constexpr bool kFloat = std::is_same_v<T, float>;
  // Some roundings of values of about 1; in float GELU adds the 7.5e-8 of its formula, times values of up to 5.
  static constexpr double kTolerance = kFloat ? 2e-6 : 1e-13;

  static at::Tensor random(std::vector<std::int64_t> shape) {
    return at::randn(shape, kFloat ? at::kFloat : at::kDouble);
  }
  static const T* in(const at::Tensor& x) { return x.const_data_ptr<T>(); }
  static T* out(const at::Tensor& x) { return x.mutable_data_ptr<T>(); }
  static double difference(const at::Tensor& a, const at::Tensor& b) {
    return (a.to(at::kDouble) - b).abs().max().template item<double>();
  }

  void SetUp() override { torch::manual_seed(7); }
};

using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(RowKernels, Types);

TYPED_TEST(RowKernels, LayerNormAndItsGradient) {
  using F = TestFixture;
  const at::Tensor x = F::random({F::kRows, F::kChannels}) + 3, dy = F::random({F::kRows, F::kChannels}),
                   add = F::random({F::kRows, F::kChannels}), weight = F::random({F::kChannels}),
                   bias = F::random({F::kChannels});
  const RowNorm<TypeParam> norm{F::in(weight), F::in(bias), TypeParam(1e-6)};
  const at::Tensor wide = x.to(at::kDouble).requires_grad_();
  const at::Tensor expected = at::layer_norm(wide, {F::kChannels}, weight.to(at::kDouble), bias.to(at::kDouble), 1e-6);
  const at::Tensor slope = torch::autograd::grad({expected}, {wide}, {dy.to(at::kDouble)})[0];

  at::Tensor y = at::empty_like(x), dx = at::empty_like(x), both = dy.clone();
  layer_norm_rows<TypeParam>(F::in(x), F::kRows, F::kChannels, norm, F::out(y));
  layer_norm_gradient_rows<TypeParam>(F::in(x), F::in(dy), nullptr, F::kRows, F::kChannels, norm, F::out(dx));
  layer_norm_gradient_rows<TypeParam>(F::in(x), F::in(both), F::in(add), F::kRows, F::kChannels, norm, F::out(both));
  // The mean of 3 costs digits of the difference to it.
  EXPECT_LT(F::difference(y, expected.detach()), 3 * F::kTolerance);
  EXPECT_LT(F::difference(dx, slope), 3 * F::kTolerance);
  EXPECT_LT(F::difference(both, slope + add.to(at::kDouble)), 3 * F::kTolerance) << "in place";
}

TYPED_TEST(RowKernels, GeluAndItsSlope) {
  using F = TestFixture;
  // From where Phi is 0 to where it is 1, and beyond.
  const at::Tensor x = at::linspace(-40, 40, 100'003, F::random({1}).options());
  const at::Tensor wide = x.to(at::kDouble).requires_grad_();
  const at::Tensor expected = at::gelu(wide);
  const at::Tensor slope = torch::autograd::grad({expected}, {wide}, {at::ones_like(wide)})[0];
  at::Tensor y = at::empty_like(x), dy = at::ones_like(x);
  gelu_values<TypeParam>(F::in(x), x.numel(), F::out(y));
  multiply_by_gelu_slope<TypeParam>(F::in(x), x.numel(), F::out(dy));
  EXPECT_LT(((y.to(at::kDouble) - expected).abs() / (1 + wide.abs())).max().template item<double>(),
            F::kTolerance / 10);
  EXPECT_LT(F::difference(dy, slope), F::kTolerance);
}

TYPED_TEST(RowKernels, GeluOfWhatIsNoNumber) {
  using Limits = std::numeric_limits<TypeParam>;
  const TypeParam x[] = {Limits::quiet_NaN(), Limits::infinity(), TypeParam(-1e30), TypeParam(0)};
  TypeParam y[4];
  gelu_values<TypeParam>(x, 4, y);
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_EQ(y[1], Limits::infinity());
  EXPECT_EQ(y[2], 0);
  EXPECT_EQ(y[3], 0);
}

TYPED_TEST(RowKernels, ScaledRowsAndSums) {
  using F = TestFixture;
  const at::Tensor x = F::random({F::kRows, F::kChannels}), branch = F::random({F::kRows, F::kChannels}),
                   gamma = F::random({F::kChannels});
  at::Tensor scaled = at::empty_like(x), plain = at::empty_like(x), in_place = branch.clone();
  scale_rows<TypeParam>(F::in(x), F::in(gamma), F::kRows, F::kChannels, F::out(scaled));
  add_scaled_rows<TypeParam>(F::in(x), nullptr, F::in(branch), F::kRows, F::kChannels, F::out(plain));
  add_scaled_rows<TypeParam>(F::in(x), F::in(gamma), F::in(in_place), F::kRows, F::kChannels, F::out(in_place));
  const at::Tensor a = x.to(at::kDouble), b = branch.to(at::kDouble), g = gamma.to(at::kDouble);
  EXPECT_LT(F::difference(scaled, a * g), F::kTolerance);
  EXPECT_LT(F::difference(plain, a + b), F::kTolerance);
  EXPECT_LT(F::difference(in_place, a + g * b), F::kTolerance);
}

TYPED_TEST(RowKernels, ProductsOfRowsThatLieApart) {
  using F = TestFixture;
  const at::Tensor a = F::random({F::kRows, F::kChannels + 3}), b = F::random({F::kRows, F::kChannels + 5});
  at::Tensor y = at::zeros({F::kRows, F::kChannels + 2}, a.options());
  multiply_rows<TypeParam>(F::in(a), F::kChannels + 3, F::in(b), F::kChannels + 5, F::kRows, F::kChannels, F::out(y),
                           F::kChannels + 2);
  EXPECT_TRUE(at::equal(y.narrow(1, 0, F::kChannels), a.narrow(1, 0, F::kChannels) * b.narrow(1, 0, F::kChannels)));
  EXPECT_EQ(y.narrow(1, F::kChannels, 2).abs().sum().template item<double>(), 0) << "beyond the rows";
}

}  // namespace
}  // namespace orderscope
