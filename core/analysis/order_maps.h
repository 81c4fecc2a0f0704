// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/analysis/descriptor.h"
#include "core/analysis/map.h"
#include "core/analysis/reduction.h"
#include "core/models/model.h"

namespace orderscope {

class Trace;
struct Probe;

/// What of a gnConv a map shows. Value has no order (0); the others have one map an order 1..n.
enum class OrderQuantity { Value, Gate, State, Contribution };

std::string to_string(OrderQuantity quantity);  ///< "value", "gate", "state", "contribution"

/// What flows through one gnConv: its value, gates and states (see GnConv) under every channel reduction.
struct BlockOrderMaps {
  std::string block;
  int order = 0;                        ///< n; 0 for a block without a gnConv, which has no maps
  std::vector<int> channels;            ///< of gate and state 1..n
  std::vector<Map> value;               ///< [reduction]
  std::vector<std::vector<Map>> gate;   ///< [order - 1][reduction]
  std::vector<std::vector<Map>> state;  ///< [order - 1][reduction]

  /// A map, or nullptr if there is none (order out of range, Contribution).
  const Map* find(OrderQuantity quantity, int order, ChannelReduction reduction) const;
};

const MethodDescriptor& order_maps_descriptor();

/// The probe to run; hand its index in the trace to `order_maps`.
Probe order_maps_probe(const std::string& blocks = "*");

/// One entry a block of the model, for the trace's image `n`. Provenance is left to the caller but for layer and
/// method.
std::vector<BlockOrderMaps> order_maps(const Trace& trace, std::size_t probe, const Model& model, int n = 0);

}  // namespace orderscope
