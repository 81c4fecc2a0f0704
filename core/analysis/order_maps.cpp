// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_maps.h"

#include <ATen/ATen.h>

#include "core/analysis/channel_reduction.h"
#include "core/analysis/tensor_map.h"
#include "core/trace/trace.h"

namespace orderscope {

std::string to_string(OrderQuantity quantity) {
  switch (quantity) {
    case OrderQuantity::Value: return "value";
    case OrderQuantity::Gate: return "gate";
    case OrderQuantity::State: return "state";
    case OrderQuantity::Contribution: return "contribution";
  }
  return {};
}

const Map* BlockOrderMaps::find(OrderQuantity quantity, int k, ChannelReduction reduction) const {
  const auto r = static_cast<std::size_t>(reduction);
  if (quantity == OrderQuantity::Value) return r < value.size() ? &value[r] : nullptr;
  if (quantity == OrderQuantity::Contribution || k < 1) return nullptr;
  const auto& maps = quantity == OrderQuantity::Gate ? gate : state;
  const auto index = static_cast<std::size_t>(k - 1);
  return index < maps.size() && r < maps[index].size() ? &maps[index][r] : nullptr;
}

const MethodDescriptor& order_maps_descriptor() {
  static const MethodDescriptor descriptor{
      "orders",
      "Order maps",
      "Value, gates and states of the recursion in Rao et al., HorNet, NeurIPS 2022, eq. 3-4; the maps are "
      "OrderScope's",
      {{"block", MethodParameter::Type::Layer, "block to show, or a pattern", "*", {}, 0, 0},
       {"reduction",
        MethodParameter::Type::Choice,
        "how channels become a map",
        "mean_abs",
        {"mean", "mean_abs", "l2"},
        0,
        0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/true,
      "maps by order"};
  return descriptor;
}

Probe order_maps_probe(const std::string& blocks) {
  const std::string gnconv = blocks + ".gnconv.";
  return {gnconv + "value," + gnconv + "gate.*," + gnconv + "state.*",
          [](const at::Tensor& x) { return reduce_channels(x); },
          {}};
}

std::vector<BlockOrderMaps> order_maps(const Trace& trace, std::size_t probe, const Model& model, int n) {
  const std::int64_t height = trace.images().size(2), width = trace.images().size(3);
  std::vector<BlockOrderMaps> all;
  for (const BlockInfo& block : model.blocks) {
    BlockOrderMaps maps;
    maps.block = block.name;
    all.push_back(std::move(maps));
    if (block.order == 0) continue;

    const auto read = [&](const std::string& tap) {
      std::vector<Map> reductions;
      const at::Tensor reduced = trace.result(probe, tap);
      if (!reduced.defined()) return reductions;
      for (int r = 0; r < kReductions; ++r) {
        const auto reduction = static_cast<ChannelReduction>(r);
        Map map = to_map(spatial(reduced[r], n, height, width));
        map.is_signed = reduction == ChannelReduction::Mean;
        map.unit = "activation";
        map.provenance.layer = tap;
        map.provenance.method = order_maps_descriptor().id;
        map.provenance.parameters["reduction"] = to_string(reduction);
        reductions.push_back(std::move(map));
      }
      return reductions;
    };
    const std::string gnconv = block.name + ".gnconv.";
    BlockOrderMaps& entry = all.back();
    entry.order = block.order;
    entry.value = read(gnconv + "value");
    for (int k = 1; k <= block.order; ++k) {
      entry.channels.push_back(block.channels >> (block.order - k));
      entry.gate.push_back(read(gnconv + "gate." + std::to_string(k)));
      entry.state.push_back(read(gnconv + "state." + std::to_string(k)));
    }
  }
  return all;
}

}  // namespace orderscope
