// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_ablation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/analysis/block_patterns.h"
#include "core/analysis/finite_logits.h"

namespace orderscope {

namespace {

std::string gate_tap(const BlockInfo& block, int order) { return block.name + ".gnconv.gate." + std::to_string(order); }

std::string stage_name(const BlockInfo& block) { return block.name.substr(0, block.name.rfind('.')); }

/// The blocks that an edit is about and that have its order.
Result<std::vector<BlockInfo>> blocks_of(const Model& model, const OrderEdit& edit) {
  TRY(const std::vector<BlockInfo> matching, find_gnconv_blocks(model, edit.blocks));

  int highest = 0;
  std::vector<BlockInfo> found;
  for (const BlockInfo& block : matching) {
    highest = std::max(highest, block.order);
    if (edit.order >= 0 && edit.order <= block.order) found.push_back(block);
  }
  if (!found.empty()) return found;
  const bool single = matching.size() == 1;
  return fail(Error::Kind::InvalidInput, "there is no order " + std::to_string(edit.order),
              single ? matching.front().name : edit.blocks,
              (single ? "its orders are 1 to " : "the highest order of these blocks is ") + std::to_string(highest));
}

Result<Edit> gate_edit(const std::string& tap, const OrderEdit& edit, const Gates& other) {
  switch (edit.mode) {
    case GateReplacement::Zero: return Edit{tap, [](const at::Tensor& x) { return at::zeros_like(x); }};
    case GateReplacement::Mean: return Edit{tap, [](const at::Tensor& x) { return x.mean({2, 3}, true).expand_as(x); }};
    case GateReplacement::Scale: return Edit{tap, [factor = edit.factor](const at::Tensor& x) { return x * factor; }};
    case GateReplacement::Swap: break;
  }
  const auto gate = other.find(tap);
  if (gate == other.end())
    return fail(Error::Kind::InvalidInput, "another image's gates are needed to swap with", "swap");
  return Edit{tap, [gate = gate->second, tap](const at::Tensor& x) {
                TORCH_CHECK(gate.size(2) == x.size(2) && gate.size(3) == x.size(3),
                            "the other image's gate is of another size at ", tap);
                return gate.expand_as(x);
              }};
}

struct Unit {
  std::string name;
  std::vector<BlockInfo> blocks;
};

/// What is edited together, in the order of the network.
std::vector<Unit> units_of(const std::vector<BlockInfo>& blocks, AblationScope scope) {
  std::vector<Unit> units;
  for (const BlockInfo& block : blocks) {
    const std::string name = scope == AblationScope::Network ? "network"
                             : scope == AblationScope::Stage ? stage_name(block)
                                                             : block.name;
    if (units.empty() || units.back().name != name) units.push_back({name, {}});
    units.back().blocks.push_back(block);
  }
  return units;
}

}  // namespace

std::string to_string(GateReplacement mode) {
  switch (mode) {
    case GateReplacement::Zero: return "zero";
    case GateReplacement::Mean: return "mean";
    case GateReplacement::Scale: return "scale";
    case GateReplacement::Swap: return "swap";
  }
  return {};
}

std::string to_string(AblationScope scope) {
  switch (scope) {
    case AblationScope::Network: return "network";
    case AblationScope::Stage: return "stage";
    case AblationScope::Block: return "block";
  }
  return {};
}

Result<Gates> record_gates(const Model& model, const at::Tensor& image, const JobContext& job) {
  const std::string pattern = "*.gnconv.gate.*";
  TRY(const Trace trace, Trace::forward(model.backbone, image, {Probe::record(pattern)}, {}, job));
  if (!trace.dropped().empty()) {
    return fail(Error::Kind::OutOfMemory, "the gates of all blocks do not fit in a trace's memory", "swap",
                "use a smaller --size");
  }
  Gates gates;
  for (const std::string& tap : trace.taps_of(0)) gates[tap] = trace.result(0, tap);
  return gates;
}

Result<std::vector<Edit>> order_edits(const Model& model, const OrderEdit& edit, const Gates& other) {
  if (edit.mode == GateReplacement::Scale && !std::isfinite(edit.factor))
    return fail(Error::Kind::InvalidInput, "the factor must be a finite number", "factor");
  TRY(const auto blocks, blocks_of(model, edit));
  std::vector<Edit> edits;
  for (const BlockInfo& block : blocks) {
    for (int k = 1; k <= block.order; ++k) {
      if (edit.order != 0 && edit.order != k) continue;
      TRY(Edit made, gate_edit(gate_tap(block, k), edit, other));
      edits.push_back(std::move(made));
    }
  }
  return edits;
}

Result<std::vector<AblatedOrder>> order_sweep(const Model& model, AblationScope scope, const OrderEdit& how,
                                              const Gates& other) {
  TRY(const auto blocks, blocks_of(model, how));
  std::vector<AblatedOrder> sweep;
  for (const Unit& unit : units_of(blocks, scope)) {
    int highest = 0;
    for (const BlockInfo& block : unit.blocks) highest = std::max(highest, block.order);
    for (int k = 1; k <= highest; ++k) {
      if (how.order != 0 && how.order != k) continue;
      AblatedOrder one{unit.name, k, {}};
      for (const BlockInfo& block : unit.blocks) {
        if (k > block.order) continue;
        OrderEdit edit = how;
        edit.blocks = block.name;
        edit.order = k;
        TRY(auto edits, order_edits(model, edit, other));
        std::move(edits.begin(), edits.end(), std::back_inserter(one.edits));
      }
      sweep.push_back(std::move(one));
    }
  }
  return sweep;
}

Result<std::vector<OrderEffect>> order_effects(const Trace& trace, const std::vector<AblatedOrder>& sweep,
                                               int class_index, const JobContext& job, std::int64_t batch) {
  const at::Tensor before = trace.logits()[0].to(at::kCPU, at::kDouble);
  TRY_VOID(check_finite_logits(before));
  std::vector<std::vector<Edit>> variants;
  for (const AblatedOrder& one : sweep) variants.push_back(one.edits);
  TRY(const at::Tensor rows, trace.rerun(variants, job, batch));
  const at::Tensor after = rows.to(at::kCPU, at::kDouble);
  const at::Tensor probabilities = at::softmax(after, 1);
  const double logit = before[class_index].item<double>();
  const double probability = at::softmax(before, 0)[class_index].item<double>();
  std::vector<OrderEffect> effects;
  for (std::size_t v = 0; v < sweep.size(); ++v) {
    const auto row = static_cast<std::int64_t>(v);
    OrderEffect effect{sweep[v].where, sweep[v].order, after[row][class_index].item<double>(),
                       probabilities[row][class_index].item<double>()};
    effect.logit_change = effect.logit - logit;
    effect.probability_change = effect.probability - probability;
    effects.push_back(std::move(effect));
  }
  return effects;
}

Matrix effect_matrix(const std::vector<OrderEffect>& effects, double OrderEffect::*quantity, const std::string& name) {
  Matrix matrix;
  matrix.name = name;
  int orders = 0;
  for (const OrderEffect& effect : effects) {
    orders = std::max(orders, effect.order);
    if (matrix.rows.empty() || matrix.rows.back() != effect.where) matrix.rows.push_back(effect.where);
  }
  for (int k = 1; k <= orders; ++k) matrix.columns.push_back("order " + std::to_string(k));
  matrix.values.assign(matrix.rows.size() * matrix.columns.size(), std::numeric_limits<double>::quiet_NaN());
  std::size_t row = 0;
  for (const OrderEffect& effect : effects) {
    while (matrix.rows[row] != effect.where) ++row;
    matrix.values[row * matrix.columns.size() + static_cast<std::size_t>(effect.order - 1)] = effect.*quantity;
  }
  return matrix;
}

namespace {

const MethodDescriptor& descriptor() {
  static const MethodDescriptor descriptor{
      "order-ablation",
      "Order ablation",
      "OrderScope's; HorNet (Rao et al., NeurIPS 2022) compares networks trained with other orders instead",
      {{"block", MethodParameter::Type::Layer, "block to edit, a stage, or a pattern", "*", {}, 0, 0},
       {"per",
        MethodParameter::Type::Choice,
        "what loses the order together: the network, a stage, a block",
        "network",
        {"network", "stage", "block"},
        0,
        0},
       {"mode",
        MethodParameter::Type::Choice,
        "what replaces a gate: zero, its spatial mean, itself times the factor",
        "zero",
        {"zero", "mean", "scale"},
        0,
        0},
       {"factor", MethodParameter::Type::Real, "factor of mode scale", "0", {}, 0, 0},
       {"class", MethodParameter::Type::Class, "class index; the most likely one unless given", "", {}, 0, 0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/true,
      "numbers by order"};
  return descriptor;
}

template <typename Enum>
Enum chosen(const std::string& text, std::initializer_list<Enum> values) {
  return *std::find_if(values.begin(), values.end(), [&](Enum value) { return to_string(value) == text; });
}

Result<MethodResult> finish(const MethodCall& call, const JobContext& job) {
  const MethodValues& values = call.values;
  OrderEdit how;
  how.blocks = values.text("block");
  how.mode = chosen(values.text("mode"), {GateReplacement::Zero, GateReplacement::Mean, GateReplacement::Scale});
  how.factor = values.real("factor");
  const auto scope = chosen(values.text("per"), {AblationScope::Network, AblationScope::Stage, AblationScope::Block});
  TRY(const auto sweep, order_sweep(*call.subject.model, scope, how));
  TRY(const auto effects, order_effects(call.trace, sweep, call.class_index, job));

  MethodResult result;
  for (const OrderEffect& effect : effects) {
    const std::string name =
        (scope == AblationScope::Network ? "" : effect.where + ".") + "order." + std::to_string(effect.order) + ".";
    result.numbers.push_back({name + "logit_change", effect.logit_change, "logit"});
    result.numbers.push_back({name + "probability_change", effect.probability_change});
    if (!std::isfinite(effect.logit))
      result.warnings.push_back("without order " + std::to_string(effect.order) + " in " + effect.where +
                                " the logits are NaN or infinite");
  }
  result.matrices.push_back(effect_matrix(effects, &OrderEffect::logit_change, "logit_change"));
  result.matrices.back().unit = "logit";
  result.matrices.push_back(effect_matrix(effects, &OrderEffect::probability_change, "probability_change"));
  return result;
}

}  // namespace

const Method& order_ablation_method() {
  static const Method method{descriptor(), {}, finish};
  return method;
}

}  // namespace orderscope
