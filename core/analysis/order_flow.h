// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/analysis/method.h"

namespace orderscope {

/// One gate or state of a gnConv on one image, in figures.
struct FlowEntry {
  std::string tap;       ///< "stages.2.1.gnconv.gate.3"
  std::string quantity;  ///< "gate" or "state"
  int order = 0;
  int channels = 0;
  double energy = 0;          ///< mean square over channels and pixels
  double share = 0;           ///< of the sum of energies over the orders of this block's gates (or states)
  double contribution = 0;    ///< sum of activation * d logit / d activation, signed; NaN without a backward pass
  double entropy = 0;         ///< see spatial_entropy
  double mean_frequency = 0;  ///< cycles a pixel of the image; NaN where nothing varies
  double autocorrelation_length = 0;  ///< pixels of the image; see SpatialScale
  std::vector<double> spectrum;       ///< see SpatialScale
};

struct BlockFlow {
  std::string block;
  int order = 0, stride = 0;
  std::vector<FlowEntry> gates, states;        ///< orders 1 .. n
  double gate_entropy = 0, state_entropy = 0;  ///< of the orders' shares, divided by log(n): 1 is an even share
};

/// The probes to run, two of them. Everything is measured while the pass runs: nothing as large as a gate is kept.
std::vector<Probe> order_flow_probes(const Model& model, const std::vector<BlockInfo>& blocks);

/// After the pass, and Trace::backward for the contributions, for image `n`.
std::vector<BlockFlow> order_flow(const Trace& trace, std::size_t first_probe, const std::vector<BlockInfo>& blocks,
                                  std::int64_t n = 0);

/// One figure of the gates or states (`quantity`) through the depth of the network: a curve an order, x the place of
/// the block among `blocks`, NaN where a block has no such order.
std::vector<Curve> depth_profile(const std::vector<BlockFlow>& blocks, const std::string& quantity,
                                 double FlowEntry::*figure, const std::string& label);

/// NaN in gates and states; contributions that are all zero because no gradient arrives.
std::vector<std::string> warnings_about(const BlockFlow& flow);

const Method& order_flow_method();

}  // namespace orderscope
