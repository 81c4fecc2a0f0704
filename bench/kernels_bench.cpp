// SPDX-License-Identifier: GPL-3.0-or-later
// The kernels that a pass consists of, alone; the fused ones over the single operations; and a whole forward pass over
// the sum of its products and depthwise convolutions.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "bench/compare.h"
#include "bench/families.h"
#include "core/base/threads.h"
#include "core/models/depthwise_conv.h"
#include "core/models/gnconv.h"
#include "core/models/layers.h"
#include "core/models/linear.h"
#include "core/models/mlp.h"
#include "core/models/row_kernels.h"
#include "tests/formula.h"

namespace orderscope {
namespace {

void Product(benchmark::State& state) {
  set_up_compute_threads();
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({state.range(0), state.range(1)}), w = at::randn({state.range(2), state.range(1)}),
                   b = at::randn({state.range(2)});
  for (auto _ : state) benchmark::DoNotOptimize(fast_linear(x, w, b));
  state.counters["GFLOP_s"] = benchmark::Counter(2e-9 * static_cast<double>(x.numel() * state.range(2)),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(Product)->Args({3136, 64, 256})->Args({784, 128, 512})->Args({196, 256, 1024})->Args({49, 512, 2048});

void Depthwise(benchmark::State& state) {
  set_up_compute_threads();
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({1, state.range(0), state.range(0), state.range(1)}),
                   w = at::randn({state.range(1), 1, 7, 7});
  for (auto _ : state) benchmark::DoNotOptimize(depthwise_conv(x, w, std::nullopt, 1));
  state.counters["GFLOP_s"] =
      benchmark::Counter(98e-9 * static_cast<double>(x.numel()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(Depthwise)->Args({56, 96})->Args({28, 224})->Args({14, 480})->Args({7, 992});

/// One thread, 256 channels; values a nanosecond.
void RowPass(benchmark::State& state, void (*pass)(const float* x, float* y, std::int64_t rows)) {
  constexpr std::int64_t kRows = 1024, kChannels = 256;
  const at::Tensor x = at::randn({kRows, kChannels});
  at::Tensor y = at::randn({kRows, kChannels});
  for (auto _ : state) pass(x.const_data_ptr<float>(), y.mutable_data_ptr<float>(), kRows);
  state.counters["values_ns"] =
      benchmark::Counter(1e-9 * kRows * kChannels, benchmark::Counter::kIsIterationInvariantRate);
}

const std::vector<float>& weights() {
  static const std::vector<float> values(256, 0.5F);
  return values;
}
RowNorm<float> norm() { return {weights().data(), weights().data(), 1e-6F}; }

BENCHMARK_CAPTURE(RowPass, layer_norm,
                  [](const float* x, float* y, std::int64_t rows) { layer_norm_rows<float>(x, rows, 256, norm(), y); });
BENCHMARK_CAPTURE(RowPass, layer_norm_gradient, [](const float* x, float* y, std::int64_t rows) {
  layer_norm_gradient_rows<float>(x, y, nullptr, rows, 256, norm(), y);
});
BENCHMARK_CAPTURE(RowPass, gelu,
                  [](const float* x, float* y, std::int64_t rows) { gelu_values<float>(x, rows * 256, y); });
BENCHMARK_CAPTURE(RowPass, gelu_slope,
                  [](const float* x, float* y, std::int64_t rows) { multiply_by_gelu_slope<float>(x, rows * 256, y); });

void fill(torch::nn::Module& module) {
  for (at::Tensor& parameter : module.parameters()) parameter.requires_grad_(false).normal_(0, 0.05);
}

void run_both_ways(const std::function<at::Tensor(const at::Tensor&)>& forward, const at::Tensor& x,
                   const at::Tensor& dy) {
  const at::Tensor leaf = x.detach().requires_grad_(true);
  benchmark::DoNotOptimize(torch::autograd::grad({forward(leaf)}, {leaf}, {dy}));
}

/// Rows, channels; both ways. The second half of a block over its layers one after the other.
void MlpOverLayers(benchmark::State& state) {
  set_up_compute_threads();
  const std::int64_t rows = state.range(0), channels = state.range(1);
  LayerNorm norm(channels, 1e-6);
  Linear first(channels, 4 * channels), second(4 * channels, channels);
  for (torch::nn::Module* module : {static_cast<torch::nn::Module*>(&norm), static_cast<torch::nn::Module*>(&first),
                                    static_cast<torch::nn::Module*>(&second)})
    fill(*module);
  const at::Tensor gamma = at::randn({channels}), x = at::randn({1, rows, 1, channels}), dy = at::randn_like(x);
  bench::compare(
      state,
      [&] {
        run_both_ways([&](const at::Tensor& z) { return add_mlp(z, z, norm, first, second, gamma, 0, false); }, x, dy);
      },
      [&] {
        run_both_ways(
            [&](const at::Tensor& z) {
              const at::Tensor hidden = fast_linear_gelu(norm.forward(z), first.matrix(), first.bias);
              return at::addcmul(z, second.forward(hidden), gamma);
            },
            x, dy);
      });
}
BENCHMARK(MlpOverLayers)
    ->Args({3136, 64})
    ->Args({196, 256})
    ->Args({49, 512})
    ->Args({65536, 64})
    ->Args({4096, 256})
    ->UseManualTime()
    ->Iterations(9)
    ->Unit(benchmark::kMillisecond);

/// What a HorNet with depthwise filters cannot do without: its products and depthwise convolutions, on arrays that are
/// there, one after the other.
class Kernels {
 public:
  Kernels(const Architecture& a, std::int64_t size) {
    std::int64_t side = size / 4, channels = a.in_channels;
    for (std::size_t i = 0; i < a.dims.size(); ++i) {
      const std::int64_t dim = a.dims[i], patch = i == 0 ? 4 : 2;
      if (i > 0) side /= 2;
      product(side * side, channels * patch * patch, dim);
      for (int block = 0; block < a.depths[i]; ++block) add_block(side, dim, a.orders[i], a.mlp_ratio, a.kernel_size);
      channels = dim;
    }
  }

  void run() const {
    const at::NoGradGuard no_grad;
    for (const auto& kernel : kernels_) kernel();
  }

 private:
  void add_block(std::int64_t side, std::int64_t dim, int order, std::int64_t mlp_ratio, std::int64_t size) {
    const std::int64_t rows = side * side;
    const std::vector<std::int64_t> dims = GnConv::dims(dim, order);
    std::int64_t gates = 0;
    for (std::size_t k = 0; k < dims.size(); ++k) {
      gates += dims[k];
      if (k > 0) product(rows, dims[k - 1], dims[k]);
    }
    product(rows, dim, 2 * dim);
    product(rows, dim, dim);
    product(rows, dim, mlp_ratio * dim);
    product(rows, mlp_ratio * dim, dim);
    kernels_.push_back([x = at::randn({1, side, side, gates}), w = at::randn({gates, 1, size, size})] {
      benchmark::DoNotOptimize(depthwise_conv(x, w, std::nullopt, 1));
    });
  }

  void product(std::int64_t rows, std::int64_t in, std::int64_t out) {
    kernels_.push_back([x = at::randn({rows, in}), w = at::randn({out, in}), b = at::randn({out})] {
      benchmark::DoNotOptimize(fast_linear(x, w, b));
    });
  }

  std::vector<std::function<void()>> kernels_;
};

void ForwardOverKernels(benchmark::State& state) {
  set_up_compute_threads();
  const Architecture architecture = bench::family_architecture("hornet_t_7x7");
  const auto backbone = test::formula_backbone(architecture);
  const at::Tensor input = test::formula_input(224, 224);
  const Kernels kernels(architecture, 224);
  bench::compare(
      state,
      [&] {
        const at::NoGradGuard no_grad;
        benchmark::DoNotOptimize(backbone->forward(input));
      },
      [&] { kernels.run(); });
}
BENCHMARK(ForwardOverKernels)->UseManualTime()->Iterations(15)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace orderscope
