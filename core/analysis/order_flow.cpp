// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_flow.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <limits>

#include "core/analysis/block_patterns.h"
#include "core/analysis/channel_reduction.h"
#include "core/analysis/spatial_scale.h"

namespace orderscope {

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
enum Slot { kChannels, kEnergy, kEntropy, kFrequency, kLength, kSpectrum };

/// Everything about activations [N, C, h, w] that needs no gradient, packed as [N, slots and spectrum].
at::Tensor measure(const at::Tensor& activation) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> images;
  for (const at::Tensor& x : activation.detach().unbind(0)) {
    const SpatialScale scale = spatial_scale(x);
    std::vector<double> figures{static_cast<double>(x.size(0)), x.square().mean(at::kDouble).item<double>(),
                                spatial_entropy(x), scale.mean_frequency, scale.autocorrelation_length};
    figures.insert(figures.end(), scale.spectrum.begin(), scale.spectrum.end());
    images.push_back(at::tensor(figures, at::kDouble));
  }
  return at::stack(images);
}

double normalised_entropy(const std::vector<FlowEntry>& entries) {
  if (entries.size() < 2) return kNothing;
  double entropy = 0;
  for (const FlowEntry& entry : entries)
    if (entry.share != 0) entropy -= entry.share * std::log(entry.share);
  return entropy / std::log(static_cast<double>(entries.size()));
}

}  // namespace

std::vector<Probe> order_flow_probes(const Model& model, const std::vector<BlockInfo>& blocks) {
  const std::string taps = taps_of_blocks(model, blocks, {"gnconv.gate.*", "gnconv.state.*"});
  return {{taps, measure, {}}, {taps, {}, [](const at::Tensor& x, const at::Tensor& gradient) {
                                  return channel_dot(x, gradient).sum(at::IntArrayRef{1, 2}, false, at::kDouble);
                                }}};
}

std::vector<BlockFlow> order_flow(const Trace& trace, std::size_t first_probe, const std::vector<BlockInfo>& blocks,
                                  std::int64_t n) {
  std::vector<BlockFlow> flows;
  for (const BlockInfo& block : blocks) {
    BlockFlow flow;
    flow.block = block.name;
    flow.order = block.order;
    flow.stride = block.stride;
    const auto read = [&](const std::string& quantity) {
      std::vector<FlowEntry> entries;
      double sum = 0;
      for (int k = 1; k <= block.order; ++k) {
        FlowEntry entry;
        entry.tap = block.name + ".gnconv." + quantity + "." + std::to_string(k);
        entry.quantity = quantity;
        entry.order = k;
        const at::Tensor measured = trace.result(first_probe, entry.tap);
        if (!measured.defined()) continue;
        const at::Tensor figures = measured.select(0, n).contiguous();
        const double* f = figures.const_data_ptr<double>();
        entry.channels = static_cast<int>(f[kChannels]);
        entry.energy = f[kEnergy];
        entry.entropy = f[kEntropy];
        entry.mean_frequency = f[kFrequency] / block.stride;
        entry.autocorrelation_length = f[kLength] * block.stride;
        entry.spectrum.assign(f + kSpectrum, f + figures.numel());
        const at::Tensor contribution = trace.gradient_result(first_probe + 1, entry.tap);
        entry.contribution = contribution.defined() ? contribution[n].item<double>() : kNothing;
        sum += entry.energy;
        entries.push_back(std::move(entry));
      }
      for (FlowEntry& entry : entries) entry.share = entry.energy / sum;
      return entries;
    };
    flow.gates = read("gate");
    flow.states = read("state");
    flow.gate_entropy = normalised_entropy(flow.gates);
    flow.state_entropy = normalised_entropy(flow.states);
    flows.push_back(std::move(flow));
  }
  return flows;
}

std::vector<Curve> depth_profile(const std::vector<BlockFlow>& blocks, const std::string& quantity,
                                 double FlowEntry::*figure, const std::string& label) {
  int highest = 0;
  for (const BlockFlow& block : blocks) highest = std::max(highest, block.order);
  std::vector<Curve> curves;
  for (int k = 1; k <= highest; ++k) {
    Curve curve{"order " + std::to_string(k), "block", label, {}, {}};
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const auto& entries = quantity == "gate" ? blocks[b].gates : blocks[b].states;
      curve.x.push_back(static_cast<double>(b));
      curve.y.push_back(static_cast<std::size_t>(k) <= entries.size() ? entries[k - 1].*figure : kNothing);
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

std::vector<std::string> warnings_about(const BlockFlow& flow) {
  std::vector<std::string> warnings;
  bool zero = true;
  for (const auto* entries : {&flow.gates, &flow.states}) {
    for (const FlowEntry& entry : *entries) {
      if (!std::isfinite(entry.energy)) warnings.push_back(entry.tap + ": holds NaN or Inf");
      zero &= entry.contribution == 0;
    }
  }
  if (zero) warnings.push_back(flow.block + ": no gradient of the class reaches it, so all contributions are zero");
  return warnings;
}

namespace {

const MethodDescriptor& descriptor() {
  static const MethodDescriptor descriptor{
      "order-flow",
      "What flows through the orders",
      "OrderScope's figures of the gates and states of Rao et al., HorNet, NeurIPS 2022, eq. 3-4",
      {{"block", MethodParameter::Type::Layer, "block to measure, or a pattern", "*", {}, 0, 0},
       {"class", MethodParameter::Type::Class, "class index; the most likely one unless given", "", {}, 0, 0}},
      /*needs_gradient=*/true,
      /*needs_gnconv=*/true,
      "numbers by order"};
  return descriptor;
}

Result<MethodResult> finish(const MethodCall& call, const JobContext&) {
  TRY(const auto blocks, find_gnconv_blocks(*call.subject.model, call.values.text("block")));
  const auto flows = order_flow(call.trace, call.first_probe, blocks);
  MethodResult result;
  for (const BlockFlow& flow : flows) {
    for (const auto* entries : {&flow.gates, &flow.states}) {
      for (const FlowEntry& entry : *entries) {
        const std::string name = flow.block + "." + entry.quantity + "." + std::to_string(entry.order) + ".";
        result.numbers.push_back({name + "energy", entry.energy, "activation^2"});
        result.numbers.push_back({name + "share", entry.share});
        result.numbers.push_back({name + "contribution", entry.contribution, "logit"});
        result.numbers.push_back({name + "entropy", entry.entropy});
        result.numbers.push_back({name + "frequency", entry.mean_frequency, "cycles/pixel"});
        result.numbers.push_back({name + "length", entry.autocorrelation_length, "pixel"});
      }
    }
    for (std::string& warning : warnings_about(flow)) result.warnings.push_back(std::move(warning));
    result.numbers.push_back({flow.block + ".gate.entropy", flow.gate_entropy});
    result.numbers.push_back({flow.block + ".state.entropy", flow.state_entropy});
  }
  for (const std::string quantity : {"gate", "state"}) {
    for (Curve& curve : depth_profile(flows, quantity, &FlowEntry::share, "share of energy")) {
      curve.name = quantity + "." + curve.name;
      result.curves.push_back(std::move(curve));
    }
  }
  return result;
}

}  // namespace

const Method& order_flow_method() {
  static const Method method{descriptor(),
                             [](const Subject& subject, const MethodValues& values) -> std::vector<Probe> {
                               const auto blocks = find_gnconv_blocks(*subject.model, values.text("block"));
                               if (!blocks) return {};  // finish says why
                               return order_flow_probes(*subject.model, *blocks);
                             },
                             finish};
  return method;
}

}  // namespace orderscope
