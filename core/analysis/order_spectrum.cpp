// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_spectrum.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <numbers>

#include "core/analysis/block_patterns.h"
#include "core/analysis/tensor_map.h"
#include "core/base/guard.h"
#include "core/models/mixer.h"

namespace orderscope {

namespace {

/// Samples a curve at Chebyshev nodes of [0, 1] and turns the samples into its Chebyshev series, whose partial sums are
/// the least-squares polynomials over these nodes.
class ChebyshevFit {
 public:
  explicit ChebyshevFit(int nodes) : nodes_(nodes), basis_(at::empty({nodes, nodes}, at::kDouble)) {
    auto* basis = basis_.mutable_data_ptr<double>();
    for (int j = 0; j < nodes; ++j)
      for (int m = 0; m < nodes; ++m)
        basis[j * nodes + m] = norm(j) * std::cos(j * std::numbers::pi * (m + 0.5) / nodes);
  }

  double node(int m) const { return (1 + std::cos(std::numbers::pi * (m + 0.5) / nodes_)) / 2; }

  /// [nodes, P] samples to [nodes, P] coefficients of an orthonormal basis: energies add up.
  at::Tensor coefficients(const at::Tensor& samples) const { return at::matmul(basis_.to(samples.device()), samples); }

  /// Row d, column j: the coefficient of t^d in the basis function of degree j, for degrees up to `degree`.
  at::Tensor monomials(int degree) const {
    at::Tensor table = at::zeros({degree + 1, degree + 1}, at::kDouble);
    auto t = table.accessor<double, 2>();
    // T_j(2t - 1), by T_j+1(x) = 2 x T_j(x) - T_j-1(x).
    t[0][0] = 1;
    if (degree >= 1) {
      t[0][1] = -1;
      t[1][1] = 2;
    }
    for (int j = 2; j <= degree; ++j)
      for (int d = 0; d <= j; ++d) t[d][j] = (d > 0 ? 4 * t[d - 1][j - 1] : 0) - 2 * t[d][j - 1] - t[d][j - 2];
    for (int j = 0; j <= degree; ++j)
      for (int d = 0; d <= j; ++d) t[d][j] *= norm(j);
    return table;
  }

 private:
  double norm(int j) const { return std::sqrt((j == 0 ? 1.0 : 2.0) / nodes_); }

  int nodes_;
  at::Tensor basis_;  ///< [degree, node]
};

constexpr std::int64_t kChunkBytes = std::int64_t{16}
                                     << 20;  ///< of inputs in one run of the mixer: more would leave the caches

/// How many of the mixer's output channels are sampled at a time: at the size of a photo all of them would not fit.
constexpr std::int64_t kSampleBytes = std::int64_t{1} << 29;

/// Output channels first .. first + channels at every node: [nodes, H W channels].
at::Tensor sample(const Mixer& mixer, const ChebyshevFit& fit, int nodes, const at::Tensor& origin,
                  const at::Tensor& delta, std::int64_t first_channel, std::int64_t channels, const JobContext& job) {
  at::Tensor samples = at::empty({nodes, delta.size(1) * delta.size(2) * channels}, delta.options());
  const std::int64_t one = static_cast<std::int64_t>(delta.nbytes());
  const int chunk = static_cast<int>(std::clamp<std::int64_t>(kChunkBytes / std::max<std::int64_t>(one, 1), 1, nodes));
  for (int first = 0; first < nodes; first += chunk) {
    throw_if_cancelled(job);
    std::vector<at::Tensor> inputs;
    const int last = std::min(nodes, first + chunk);
    for (int m = first; m < last; ++m) inputs.push_back(origin + delta * fit.node(m));
    const at::Tensor output = mixer.run(at::cat(inputs));
    samples.slice(0, first, last).copy_(output.narrow(3, first_channel, channels).flatten(1));
  }
  return samples;
}

}  // namespace

Result<OrderSpectrum> order_spectrum(const Mixer& mixer, const std::string& block, const at::Tensor& activation,
                                     OrderOrigin origin, const JobContext& job, int nodes) {
  OrderSpectrum spectrum;
  spectrum.block = block;
  spectrum.module = mixer.module;
  spectrum.kind = mixer.kind;
  spectrum.degree = mixer.degree;
  spectrum.origin = origin == OrderOrigin::NormBias && !mixer.norm_bias.defined() ? OrderOrigin::Zero : origin;
  nodes = std::max({nodes, OrderSpectrum::kDegrees + 1, mixer.degree.value_or(0) + 2});
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    const at::Tensor x = mixer.prepare(activation);
    const at::Tensor from = spectrum.origin == OrderOrigin::SpatialMean ? x.mean(at::IntArrayRef{1, 2}, true)
                            : spectrum.origin == OrderOrigin::NormBias  ? mixer.norm_bias.view({1, 1, 1, -1})
                            : mixer.zero.defined()                      ? mixer.zero.view({1, 1, 1, -1})
                                                                        : at::zeros({1, 1, 1, x.size(3)}, x.options());
    const ChebyshevFit fit(nodes);
    const at::Tensor delta = x - from;
    const std::int64_t pixels = x.size(1) * x.size(2);
    const std::int64_t outputs = mixer.run(x.narrow(1, 0, 1).narrow(2, 0, 1)).size(3);
    const std::int64_t at_a_time = std::clamp<std::int64_t>(
        kSampleBytes / (nodes * pixels * static_cast<std::int64_t>(x.element_size())), 1, outputs);
    at::Tensor by_degree, energies;
    for (std::int64_t first = 0; first < outputs; first += at_a_time) {
      const std::int64_t channels = std::min(at_a_time, outputs - first);
      const at::Tensor c = fit.coefficients(sample(mixer, fit, nodes, from, delta, first, channels, job));
      const at::Tensor sums = c.square().sum(1).cpu();
      by_degree = by_degree.defined() ? by_degree + sums : sums;
      if (!mixer.degree) continue;
      const at::Tensor table = fit.monomials(*mixer.degree).to(c.device());
      const at::Tensor parts = at::matmul(table, c.slice(0, 0, *mixer.degree + 1)).square().sum(1).cpu();
      energies = energies.defined() ? energies + parts : parts;
    }
    const at::Tensor beyond = by_degree.flip(0).cumsum(0).flip(0);  // degree j and all above it
    for (int d = 0; d < OrderSpectrum::kDegrees; ++d)
      spectrum.unexplained.push_back((beyond[d + 1] / beyond[0]).item<double>());
    for (int d = 0; mixer.degree && d <= *mixer.degree; ++d)
      spectrum.energies.push_back(energies[d].item<double>() / static_cast<double>(pixels * outputs));
    if (!std::isfinite(beyond[0].item<double>())) {
      spectrum.warnings.push_back(mixer.module + ": the activations hold NaN or Inf, so it has no spectrum");
    } else if (beyond[0].item<double>() == 0) {
      spectrum.warnings.push_back(mixer.module + ": gives zero whatever it is shown, so it has no spectrum");
    } else if (!mixer.degree && spectrum.unexplained.back() > 1e-3) {
      char text[160];
      std::snprintf(text, sizeof text, ": a series; degree %d leaves %.3g of its energy unexplained",
                    OrderSpectrum::kDegrees - 1, spectrum.unexplained.back());
      spectrum.warnings.push_back(mixer.module + text);
    }
  }));
  return spectrum;
}

Result<std::vector<OrderSpectrum>> order_spectra(const Trace& trace, const Model& model, const std::string& pattern,
                                                 OrderOrigin origin, const JobContext& job, std::int64_t n) {
  TRY(const auto blocks, find_blocks(model, pattern));
  std::vector<OrderSpectrum> spectra;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    TRY_VOID(job.check());
    job.progress(static_cast<std::int64_t>(b), static_cast<std::int64_t>(blocks.size()), blocks[b].name);
    TRY(const Mixer mixer, make_mixer(model, blocks[b]));
    TRY(at::Tensor activation, trace.activation(mixer.input_tap, job));
    activation = activation.slice(0, n, n + 1);
    if (activation.dim() == 3) {
      const auto [h, w] = token_grid(activation.size(1), trace.images().size(2), trace.images().size(3));
      activation = activation.transpose(1, 2).reshape({1, activation.size(2), h, w});
    }
    TRY(OrderSpectrum spectrum, order_spectrum(mixer, blocks[b].name, activation, origin, job));
    spectra.push_back(std::move(spectrum));
  }
  return spectra;
}

namespace {

const MethodDescriptor& descriptor() {
  static const MethodDescriptor descriptor{
      "order-spectrum",
      "Order spectrum of a token mixer",
      "OrderScope's",
      {{"block", MethodParameter::Type::Layer, "block whose mixer to look at, or a pattern", "*", {}, 0, 0},
       order_origin_parameter()},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "curves by block"};
  return descriptor;
}

Result<MethodResult> finish(const MethodCall& call, const JobContext& job) {
  TRY(const OrderOrigin origin, order_origin_from_string(call.values.text("origin")));
  TRY(const auto spectra, order_spectra(call.trace, *call.subject.model, call.values.text("block"), origin, job));
  MethodResult result;
  Matrix matrix;
  matrix.name = "unexplained";
  matrix.unit = "share of energy";
  for (int d = 0; d < OrderSpectrum::kDegrees; ++d) matrix.columns.push_back("degree " + std::to_string(d));
  for (const OrderSpectrum& spectrum : spectra) {
    matrix.rows.push_back(spectrum.block);
    Curve curve{spectrum.block, "degree", "share of energy left unexplained", {}, spectrum.unexplained};
    for (int d = 0; d < OrderSpectrum::kDegrees; ++d) {
      curve.x.push_back(d);
      matrix.values.push_back(spectrum.unexplained[d]);
    }
    result.curves.push_back(std::move(curve));
    // Beyond a constant, beyond linear, beyond quadratic, and what a series keeps to itself.
    for (const int d : {0, 1, 2, OrderSpectrum::kDegrees - 1})
      result.numbers.push_back(
          {spectrum.block + ".unexplained." + std::to_string(d), spectrum.unexplained[d], "share"});
    result.warnings.insert(result.warnings.end(), spectrum.warnings.begin(), spectrum.warnings.end());
  }
  result.matrices.push_back(std::move(matrix));
  return result;
}

}  // namespace

const Method& order_spectrum_method() {
  static const Method method{descriptor(), {}, finish};
  return method;
}

}  // namespace orderscope
