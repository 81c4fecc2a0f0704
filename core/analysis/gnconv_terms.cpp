// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/gnconv_terms.h"

#include <ATen/ATen.h>

#include "core/models/depthwise_conv.h"
#include "core/models/gnconv.h"

namespace orderscope {

GnConvParameters::GnConvParameters(const NamedParameters& all, const BlockInfo& block)
    : order(block.order), scale(block.in_head ? 1 : GnConv::kScale) {
  const auto find = [&](const std::string& name) {
    const at::Tensor* found = all.find(name);
    return found ? found->detach() : at::Tensor();
  };
  // The parameters of HorFPN's gnConvs stand in the module itself.
  const std::string module = block.name + (block.in_head ? "." : ".gnconv.");
  const auto get = [&](const std::string& name) { return find(module + name); };
  const auto matrix = [&](const std::string& name) { return get(name).flatten(1); };
  norm_bias = find(block.name + ".norm1.bias");
  proj_in_weight = matrix("proj_in.weight");
  proj_in_bias = get("proj_in.bias");
  depthwise_weight = get("dwconv.weight");
  depthwise_bias = get("dwconv.bias");
  for (int k = 0; k + 1 < order; ++k) {
    pws_weight.push_back(matrix("pws." + std::to_string(k) + ".weight"));
    pws_bias.push_back(get("pws." + std::to_string(k) + ".bias"));
  }
  if (get("proj_out.weight").defined()) {
    proj_out_weight = matrix("proj_out.weight");
    proj_out_bias = get("proj_out.bias");
  } else {
    const int64_t width = proj_in_bias.size(0) / 2;
    proj_out_weight = at::eye(width, proj_in_bias.options());
    proj_out_bias = at::zeros({width}, proj_in_bias.options());
  }
}

namespace {

/// A map that is constant but for a rim of `radius` pixels, stored at no more than 2 radius + 1 pixels a side.
class RimMap {
 public:
  RimMap(int64_t height, int64_t width, int64_t radius, const at::TensorOptions& options)
      : rows_(indices(height, radius, options)), columns_(indices(width, radius, options)) {}

  static int64_t side(int64_t size, int64_t radius) { return std::min(size, 2 * radius + 1); }

  /// [h', w', C] to [H, W, C].
  at::Tensor expand(const at::Tensor& x) const { return x.index_select(0, rows_).index_select(1, columns_); }

 private:
  static at::Tensor indices(int64_t size, int64_t radius, const at::TensorOptions& options) {
    const at::Tensor i = at::arange(size, at::TensorOptions(at::kLong).device(options.device()));
    const int64_t small = side(size, radius);
    return size == small ? i : at::where(i < radius, i, at::where(i >= size - radius, i - (size - small), radius));
  }

  at::Tensor rows_, columns_;
};

}  // namespace

at::Tensor terms_by_degree(const GnConvParameters& p, const GnConvActivations& x, const at::Tensor& origin) {
  const int64_t height = x.proj_in.size(0), width = x.proj_in.size(1);
  const int64_t value_channels = x.gates[0].size(2), radius = p.depthwise_weight.size(2) / 2;
  const RimMap rim(height, width, radius, x.proj_in.options());
  const at::Tensor constant =
      origin.slice(0, value_channels).expand({1, RimMap::side(height, radius), RimMap::side(width, radius), -1});
  const at::Tensor gates0 =
      depthwise_conv(constant.contiguous(), p.depthwise_weight * p.scale, p.depthwise_bias * p.scale)[0];
  const at::Tensor gates0_full = rim.expand(gates0);

  // Degree 0 on the small grid; degrees 1 .. k+1 of candidate and state k stacked, [k+1, H, W, dims_k].
  const at::Tensor value0 = origin.slice(0, 0, value_channels);
  at::Tensor candidate0, candidates, state0, states;
  int64_t first_channel = 0;
  for (int k = 0; k < p.order; ++k) {
    const int64_t channels = x.gates[k].size(2);
    const at::Tensor gate0 = gates0.slice(2, first_channel, first_channel + channels);
    const at::Tensor gate0_full = gates0_full.slice(2, first_channel, first_channel + channels);
    const at::Tensor gate1 = x.gates[k] - gate0_full;
    first_channel += channels;
    at::Tensor candidate0_full;
    if (k == 0) {
      candidate0 = value0;
      candidate0_full = value0;
      candidates = (x.proj_in.slice(2, 0, value_channels) - value0).unsqueeze(0);
    } else {
      candidate0 = at::linear(state0, p.pws_weight[k - 1], p.pws_bias[k - 1]);
      candidate0_full = rim.expand(candidate0);
      candidates = at::linear(states, p.pws_weight[k - 1]);
    }
    const int64_t degrees = candidates.size(0);
    at::Tensor next = at::empty({degrees + 1, height, width, channels}, candidates.options());
    at::Tensor low = next.slice(0, 0, degrees), first = next[0];
    at::mul_out(low, candidates, gate0_full);
    first.addcmul_(candidate0_full, gate1);
    next.slice(0, 1, degrees).addcmul_(candidates.slice(0, 0, degrees - 1), gate1);
    at::Tensor top = next[degrees];
    at::mul_out(top, candidates[degrees - 1], gate1);
    state0 = candidate0 * gate0;
    states = next;
  }

  at::Tensor out = at::empty({states.size(0) + 1, height, width, p.proj_out_weight.size(0)}, states.options());
  out[0].copy_(rim.expand(at::linear(state0, p.proj_out_weight, p.proj_out_bias)));
  at::Tensor higher = out.slice(0, 1).flatten(0, 2);
  at::mm_out(higher, states.flatten(0, 2), p.proj_out_weight.t());
  return out;
}

at::Tensor terms_by_gates(const GnConvParameters& p, const GnConvActivations& x) {
  const int64_t height = x.proj_in.size(0), width = x.proj_in.size(1);
  at::Tensor terms = (x.proj_in.slice(2, 0, x.gates[0].size(2)) * x.gates[0]).unsqueeze(0);
  for (int k = 1; k < p.order; ++k) {
    const at::Tensor& gate = x.gates[k];
    const at::Tensor candidates = at::linear(terms, p.pws_weight[k - 1]);
    at::Tensor next = at::empty({k + 1, height, width, gate.size(2)}, candidates.options());
    at::Tensor passed = next.slice(0, 0, k), entering = next[k];
    at::mul_out(passed, candidates, gate);
    at::mul_out(entering, gate, p.pws_bias[k - 1]);
    terms = next;
  }
  at::Tensor out = at::empty({p.order + 1, height, width, p.proj_out_weight.size(0)}, terms.options());
  out[0].copy_(p.proj_out_bias.expand({height, width, -1}));
  at::Tensor rest = out.slice(0, 1).flatten(0, 2);
  at::mm_out(rest, terms.flatten(0, 2), p.proj_out_weight.t());
  return out;
}

}  // namespace orderscope
