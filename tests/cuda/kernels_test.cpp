// SPDX-License-Identifier: GPL-3.0-or-later
// Each CUDA kernel against its plain twin on the CPU, values and gradients.
#include <torch/torch.h>

#include "core/analysis/channel_reduction.h"
#include "core/cuda/operators.h"
#include "core/models/depthwise_conv.h"
#include "core/models/layers.h"
#include "core/models/linear.h"
#include "tests/cuda/cuda_test.h"

namespace orderscope {
namespace {

using test::cuda_device;
using test::CudaTest;
using test::relative_difference;

struct Shape {
  int64_t images, height, width, channels, kernel;
};

/// One of each: a strip that ends inside, a single pixel, few channels, more than a warp's, no multiple of it.
const Shape kShapes[] = {{2, 9, 13, 16, 7}, {1, 1, 1, 5, 7},     {3, 14, 14, 70, 7}, {1, 3, 2, 33, 5},
                         {2, 8, 6, 11, 3},  {1, 56, 56, 120, 7}, {4, 7, 7, 960, 7},  {1, 17, 4, 1, 3}};

class CudaKernels : public CudaTest {};

/// conv2d in float64 on the CPU.
at::Tensor plain(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double scale) {
  const int64_t k = weight.size(3);
  return scale * at::conv2d(x.permute({0, 3, 1, 2}), weight, bias, 1, k / 2, 1, weight.size(0)).permute({0, 2, 3, 1});
}

TEST_F(CudaKernels, DepthwiseValuesAndGradientsAreThoseOfConv2d) {
  for (const at::ScalarType type : {at::kDouble, at::kFloat}) {
    // Sums of up to 49 products (the data), or of images * height * width (the weight).
    const double tolerance = type == at::kDouble ? 1e-13 : 2e-5;
    for (const Shape& s : kShapes) {
      torch::manual_seed(3);
      const auto random = [&](at::IntArrayRef shape) { return at::randn(shape, at::kDouble); };
      const at::Tensor x = random({s.images, s.height, s.width, s.channels}).requires_grad_();
      const at::Tensor weight = random({s.channels, 1, s.kernel, s.kernel}).requires_grad_();
      const at::Tensor bias = random({s.channels}).requires_grad_();
      const at::Tensor dy = random({s.images, s.height, s.width, s.channels});
      const at::Tensor expected = plain(x, weight, bias, 1.0 / 3.0);
      const auto expected_gradients = torch::autograd::grad({expected}, {x, weight, bias}, {dy});

      const auto moved = [&](const at::Tensor& t) { return t.detach().to(cuda_device(), type).requires_grad_(); };
      const at::Tensor xc = moved(x), wc = moved(weight), bc = moved(bias);
      ASSERT_TRUE(cuda::depthwise_fits(xc, wc)) << s.kernel;
      const at::Tensor y = depthwise_conv(xc, wc, bc, 1.0 / 3.0);
      const auto gradients = torch::autograd::grad({y}, {xc, wc, bc}, {dy.to(cuda_device(), type)});
      EXPECT_LT(relative_difference(y, expected), tolerance) << s.height << " x " << s.channels;
      for (int i = 0; i < 3; ++i)
        EXPECT_LT(relative_difference(gradients[i], expected_gradients[i]), tolerance)
            << s.height << " x " << s.channels << ", of input " << i;
    }
  }
}

TEST_F(CudaKernels, DepthwiseReadsASliceOfChannelsInPlace) {
  torch::manual_seed(5);
  const at::Tensor whole = at::randn({2, 6, 9, 50}, at::kDouble), weight = at::randn({37, 1, 7, 7}, at::kDouble);
  const at::Tensor slice = whole.to(cuda_device()).slice(3, 8, 45);
  ASSERT_FALSE(slice.is_contiguous());
  const at::Tensor y = depthwise_conv(slice, weight.to(cuda_device()));
  EXPECT_LT(relative_difference(y, plain(whole.slice(3, 8, 45), weight, {}, 1)), 1e-13);
}

TEST_F(CudaKernels, SecondDerivativesOfDepthwiseAreThoseOfConv2d) {
  torch::manual_seed(9);
  const at::Tensor x = at::randn({1, 5, 6, 12}, at::kDouble), weight = at::randn({12, 1, 5, 5}, at::kDouble);
  const auto penalty = [](const at::Tensor& in, const at::Tensor& w, const auto& convolution) {
    const auto first = torch::autograd::grad({convolution(in, w).pow(2).sum()}, {in}, {}, true, true);
    return torch::autograd::grad({first[0].pow(2).sum()}, {w})[0];
  };
  const at::Tensor expected = penalty(x.clone().requires_grad_(), weight.clone().requires_grad_(),
                                      [](const at::Tensor& in, const at::Tensor& w) { return plain(in, w, {}, 1); });
  const at::Tensor found = penalty(x.to(cuda_device()).requires_grad_(), weight.to(cuda_device()).requires_grad_(),
                                   [](const at::Tensor& in, const at::Tensor& w) { return depthwise_conv(in, w); });
  EXPECT_LT(relative_difference(found, expected), 1e-12);
}

TEST_F(CudaKernels, ChannelReductionsAreThoseOfTheCpu) {
  torch::manual_seed(11);
  for (const int64_t channels : {1, 4, 31, 32, 33, 512}) {
    const at::Tensor rows = at::randn({2, 9, 7, channels + 3});
    // Channels last, a slice of a wider tensor, as gates are.
    const at::Tensor x = rows.slice(3, 1, channels + 1).permute({0, 3, 1, 2});
    const at::Tensor on_device = rows.to(cuda_device()).slice(3, 1, channels + 1).permute({0, 3, 1, 2});
    // Means of up to 512 float32 values, added in another order.
    EXPECT_LT(relative_difference(reduce_channels(on_device), reduce_channels(x)), 1e-6) << channels;
    EXPECT_LT(relative_difference(channel_dot(on_device, on_device.neg()), channel_dot(x, x.neg())), 1e-6) << channels;
    // Not channels last: LibTorch's operations.
    EXPECT_LT(relative_difference(reduce_channels(on_device.contiguous()), reduce_channels(x)), 1e-6) << channels;
  }
  const at::Tensor tokens = at::randn({2, 49, 96});
  EXPECT_LT(relative_difference(reduce_channels(tokens.to(cuda_device())), reduce_channels(tokens)), 1e-6);
}

TEST_F(CudaKernels, ProductsWithFewRowsAreThoseOfLinear) {
  torch::manual_seed(19);
  for (const auto& [m, n, k] : std::vector<std::tuple<int64_t, int64_t, int64_t>>{
           {196, 512, 256}, {49, 2048, 512}, {1, 4, 4}, {33, 36, 68}, {7, 132, 24}, {3136, 128, 64}, {49, 512, 2048}}) {
    const at::Tensor x = at::randn({m, k}, at::kDouble), weight = at::randn({n, k}, at::kDouble);
    const at::Tensor bias = at::randn({n}, at::kDouble), dy = at::randn({m, n}, at::kDouble);
    const auto moved = [](const at::Tensor& t) { return t.to(test::cuda_device(), at::kFloat); };
    const at::Tensor xc = moved(x).requires_grad_(), wc = moved(weight), bc = moved(bias);
    ASSERT_TRUE(cuda::linear_fits(xc, wc, bc));
    // Sums of up to 2048 float32 products.
    const at::Tensor y = fast_linear(xc, wc, bc);
    EXPECT_LT(relative_difference(y, at::linear(x, weight, bias)), 5e-6) << m << " " << n << " " << k;
    const at::Tensor dx = torch::autograd::grad({y}, {xc}, {moved(dy)})[0];
    EXPECT_LT(relative_difference(dx, at::matmul(dy, weight)), 5e-6) << m << " " << n << " " << k;
    const at::NoGradGuard no_grad;
    EXPECT_LT(relative_difference(fast_linear_gelu(xc, wc, bc), at::gelu(at::linear(x, weight, bias))), 5e-6);
    EXPECT_LT(relative_difference(fast_linear(xc, wc, {}), at::linear(x, weight)), 5e-6);
    // Rows that do not begin at 16 bytes, and are not adjacent.
    const at::Tensor wide = moved(at::randn({m, k + 3}, at::kDouble));
    EXPECT_LT(relative_difference(fast_linear(wide.slice(1, 1, k + 1), wc, bc),
                                  at::linear(wide.slice(1, 1, k + 1).to(at::kCPU, at::kDouble), weight, bias)),
              5e-6);
  }
}

TEST_F(CudaKernels, PatchConvolutionsEqualConv2d) {
  torch::manual_seed(13);
  PatchConv convolution(6, 10, 4);
  for (at::Tensor& parameter : convolution.parameters()) parameter.set_data(at::randn(parameter.sizes()));
  const at::Tensor x = at::randn({2, 14, 19, 6});  // the rest of both sides is dropped
  const at::NoGradGuard no_grad;
  const at::Tensor expected = convolution.forward(x);
  convolution.to(cuda_device());
  EXPECT_LT(relative_difference(convolution.forward(x.to(cuda_device())), expected), 2e-6);
}

}  // namespace
}  // namespace orderscope
