// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/checkpoint/architecture.h"
#include "core/models/gated_recursion.h"
#include "core/models/global_local_filter.h"
#include "core/models/layers.h"
#include "core/models/taps.h"

namespace orderscope {

/// What fixes a gnConv. The block form keeps its width; HorFPN's modules change it and do not scale.
struct GnConvOptions {
  int64_t in = 0, dim = 0, out = 0;  ///< channels before proj_in, of the last state, after proj_out
  int order = 2;
  int64_t kernel = 7;
  std::optional<FilterSize> filter;  ///< the global-local form; none: a depthwise convolution of `kernel` x `kernel`
  double scale = 1.0 / 3.0;          ///< s of the gates
  bool proj_out = true;              ///< else the last state is the output
};

/// Recursive gated convolution of order n (Rao et al., NeurIPS 2022, eq. 3-5; reference: hornet.py, class gnconv).
/// With dims_k = dim / 2^(n-1-k):
///   [value, abc] = proj_in(x);  [gate_1 .. gate_n] = s * dwconv(abc)
///   state_1 = value * gate_1;   candidate_k = pws_{k-1}(state_{k-1});  state_k = candidate_k * gate_k
///   y = proj_out(state_n)
/// Taps: proj_in, value, gate.k, candidate.k (from 2), state.k, proj_out.
class GnConv : public torch::nn::Module {
 public:
  explicit GnConv(const GnConvOptions& options);
  /// The block form: as wide behind as before.
  GnConv(int64_t dim, int order, int64_t kernel, std::optional<FilterSize> filter);

  at::Tensor forward(const at::Tensor& x, const TapScope& taps) const;  ///< [N, H, W, in] to [N, H, W, out]
  int64_t macs(int64_t pixels) const;

  static constexpr double kScale = 1.0 / 3.0;  ///< s of the official models; it is not stored in checkpoints

  /// Channels of gate and state 1..n.
  static std::vector<int64_t> dims(int64_t dim, int order);
  static std::vector<std::string> tap_names(const std::string& module, int order);

 private:
  /// proj_in(x), taken apart: the value and what the gates are made from.
  std::pair<at::Tensor, at::Tensor> project(const at::Tensor& x, const TapScope& taps) const;
  /// Whether anybody looks at value, gates, candidates or states.
  bool is_seen(const TapScope& taps) const;
  RecursionWeights recursion_weights() const;

  double scale_;
  std::vector<int64_t> dims_;
  std::shared_ptr<Linear> proj_in_, proj_out_;  ///< proj_out_ may be missing
  std::vector<std::shared_ptr<Linear>> pws_;
  std::shared_ptr<DepthwiseConv> depthwise_;  ///< one of these two
  std::shared_ptr<GlobalLocalFilter> filter_;
};

}  // namespace orderscope
