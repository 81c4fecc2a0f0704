// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_contribution.h"

#include <ATen/ATen.h>

#include "core/analysis/channel_reduction.h"
#include "core/analysis/tensor_map.h"
#include "core/trace/trace.h"

namespace orderscope {

const MethodDescriptor& order_contribution_descriptor() {
  static const MethodDescriptor descriptor{
      "contribution",
      "Order contribution",
      "Gate times its gradient, the input-times-gradient rule (Shrikumar et al., 2016) applied to the gates of a "
      "gnConv; "
      "OrderScope's",
      {{"block", MethodParameter::Type::Layer, "block to show, or a pattern", "*", {}, 0, 0},
       {"class", MethodParameter::Type::Class, "class index; the most likely one unless given", "", {}, 0, 0}},
      /*needs_gradient=*/true,
      /*needs_gnconv=*/true,
      "maps by order"};
  return descriptor;
}

Probe order_contribution_probe(const std::string& blocks) {
  return {blocks + ".gnconv.gate.*", {}, [](const at::Tensor& gate, const at::Tensor& gradient) {
            return channel_dot(gate, gradient);
          }};
}

std::vector<std::vector<Map>> order_contributions(const Trace& trace, std::size_t probe, const Model& model, int n) {
  std::vector<std::vector<Map>> all;
  for (const BlockInfo& block : model.blocks) {
    all.emplace_back();
    for (int k = 1; k <= block.order; ++k) {
      const std::string tap = block.name + ".gnconv.gate." + std::to_string(k);
      const at::Tensor reduced = trace.gradient_result(probe, tap);
      if (!reduced.defined()) continue;
      Map map = to_map(reduced.select(0, n));
      map.is_signed = true;
      map.unit = "logit";
      map.provenance.layer = tap;
      map.provenance.method = order_contribution_descriptor().id;
      all.back().push_back(std::move(map));
    }
  }
  return all;
}

}  // namespace orderscope
