// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/method.h"
#include "core/analysis/order_origin.h"

namespace orderscope {

struct Mixer;

/// How a token mixer's output on one image depends on the strength of what it is shown: the curve
/// f(t) = mixer(o + t delta), t in [0, 1], in float64. The same question for every mixer, so the answers compare.
struct OrderSpectrum {
  static constexpr int kDegrees = 9;  ///< degrees 0 .. 8

  std::string block, module, kind;
  OrderOrigin origin = OrderOrigin::NormBias;  ///< the one that was taken
  std::optional<int> degree;                   ///< of the polynomial; none: a series, which no degree exhausts

  /// Share of f's energy, its mean square over t (Chebyshev weights), places and channels, that the best polynomial in
  /// t of degree d leaves unexplained.
  std::vector<double> unexplained;
  /// Mean square of f's homogeneous parts, degree 0 .. `degree`; empty for a series, whose parts cancel each other and
  /// mean nothing by themselves.
  std::vector<double> energies;
  std::vector<std::string> warnings;
};

/// Of one image's activation at the mixer's input_tap, [1, ...]. Sampled at `nodes` Chebyshev nodes, at least enough
/// for the mixer's degree. A mixer without a norm before it has no norm bias; zero is taken instead and `origin` says
/// so. Errors: Cancelled, OutOfMemory.
Result<OrderSpectrum> order_spectrum(const Mixer& mixer, const std::string& block, const at::Tensor& activation,
                                     OrderOrigin origin, const JobContext& job = {}, int nodes = 24);

/// Of all blocks that match; the trace needs no probes of its own. Errors: InvalidInput if no block matches.
Result<std::vector<OrderSpectrum>> order_spectra(const Trace& trace, const Model& model, const std::string& pattern,
                                                 OrderOrigin origin, const JobContext& job = {}, std::int64_t n = 0);

const Method& order_spectrum_method();

}  // namespace orderscope
