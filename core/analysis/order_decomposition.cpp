// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/order_decomposition.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <limits>

#include "core/analysis/block_patterns.h"
#include "core/analysis/channel_reduction.h"
#include "core/analysis/gnconv_terms.h"
#include "core/analysis/tensor_map.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"

namespace orderscope {

std::string to_string(OrderTerms by) { return by == OrderTerms::Degree ? "degree" : "gates"; }

Result<OrderTerms> order_terms_from_string(const std::string& name) {
  for (const auto by : {OrderTerms::Degree, OrderTerms::Gates})
    if (to_string(by) == name) return by;
  return fail(Error::Kind::InvalidInput, "unknown decomposition", name, "use degree or gates");
}

namespace {

bool is_depthwise(const Model& model, const BlockInfo& block) { return model.mixers[block.stage] != "gnconv-gf"; }

constexpr const char* kDegreeNeeds =
    "the degrees need gates linear in the input, as depthwise ones are; these are "
    "normalised (global-local filter)";
constexpr const char* kUseGates = "--decompose gates is exact in both forms";

}  // namespace

Result<std::vector<BlockInfo>> decomposable_blocks(const Model& model, const std::string& pattern, OrderTerms by,
                                                   std::vector<std::string>& warnings) {
  TRY(std::vector<BlockInfo> blocks, find_gnconv_blocks(model, pattern));
  if (by == OrderTerms::Gates) return blocks;
  std::vector<BlockInfo> fit;
  std::string left_out;
  for (const BlockInfo& block : blocks) {
    if (is_depthwise(model, block)) {
      fit.push_back(block);
    } else {
      left_out += (left_out.empty() ? "" : ", ") + block.name;
    }
  }
  if (fit.empty()) return fail(Error::Kind::InvalidInput, kDegreeNeeds, "--block " + pattern, kUseGates);
  if (!left_out.empty()) warnings.push_back(left_out + ": left out, " + kDegreeNeeds + " (" + kUseGates + ")");
  return fit;
}

std::vector<Probe> decomposition_probes(const Model& model, const std::vector<BlockInfo>& blocks, bool gradient) {
  std::vector<Probe> probes{
      Probe::record(taps_of_blocks(model, blocks, {"gnconv.proj_in", "gnconv.gate.*", "gnconv.proj_out"}))};
  if (gradient) probes.push_back(Probe::record_gradient(taps_of_blocks(model, blocks, {"gnconv.proj_out"})));
  return probes;
}

namespace {

at::Tensor channels_last(const at::Tensor& nchw, std::int64_t n) { return nchw.select(0, n).permute({1, 2, 0}); }

Map labelled(const at::Tensor& values, const BlockDecomposition& result, bool is_signed, const std::string& unit) {
  Map map = to_map(values);
  map.is_signed = is_signed;
  map.unit = unit;
  map.provenance.layer = result.block + ".gnconv.proj_out";
  map.provenance.method = order_decomposition_method().descriptor.id;
  map.provenance.parameters["decompose"] = to_string(result.settings.by);
  if (result.settings.by == OrderTerms::Degree) map.provenance.parameters["origin"] = to_string(result.settings.origin);
  return map;
}

double overall_mean(const at::Tensor& x) { return x.mean(at::kDouble).item<double>(); }

void name_terms(BlockDecomposition& result) {
  const auto count = static_cast<int>(result.terms.size(0));
  for (int i = 0; i < count; ++i) {
    const int power = result.settings.by == OrderTerms::Degree ? i : i == 0 ? 0 : result.order + 1 - i;
    result.powers.push_back(power);
    result.names.push_back(result.settings.by == OrderTerms::Degree ? "degree." + std::to_string(i)
                           : i == 0                                 ? "bias"
                                                                    : "gates." + std::to_string(power));
  }
}

void measure_energy(BlockDecomposition& result, const at::Tensor& output) {
  const at::Tensor l2 = reduce_channels(result.terms)[static_cast<int>(ChannelReduction::L2)];
  const at::Tensor energy = l2.square() / static_cast<double>(result.terms.size(1));
  const at::Tensor energies = energy.mean({1, 2}, false, at::kDouble).cpu();
  double sum = 0, weighted = 0;
  for (std::size_t i = 0; i < result.names.size(); ++i) {
    result.energy.push_back(labelled(energy[static_cast<std::int64_t>(i)], result, false, "activation^2"));
    result.energies.push_back(energies[static_cast<std::int64_t>(i)].item<double>());
    sum += result.energies.back();
    weighted += result.powers[i] * result.energies.back();
  }
  for (const double e : result.energies) result.shares.push_back(e / sum);
  result.mean_power = weighted / sum;
  const at::Tensor powers = at::tensor(result.powers, energy.options()).view({-1, 1, 1});
  result.mean_order = labelled((energy * powers).sum(0) / energy.sum(0), result, false,
                               result.settings.by == OrderTerms::Degree ? "degree" : "gates");

  result.output_energy = overall_mean(output.square());
  const at::Tensor defect = (result.terms.sum(0) - output).abs().max() / output.abs().max();
  result.largest_defect = defect.item<double>();
  if (!std::isfinite(sum)) {
    result.warnings.push_back(result.block + ": the activations hold NaN or Inf, and so do its terms");
  } else if (result.largest_defect > 1e-3) {
    result.warnings.push_back(result.block + ": the terms cancel, float32 leaves " +
                              std::to_string(result.largest_defect) + " of the output unaccounted for");
  }
}

void measure_contribution(BlockDecomposition& result, const at::Tensor& output, const at::Tensor& gradient) {
  for (std::int64_t i = 0; i < result.terms.size(0); ++i) {
    const at::Tensor map = channel_dot(result.terms.slice(0, i, i + 1), gradient)[0];
    result.contributions.push_back(map.sum(at::kDouble).item<double>());
    result.contribution.push_back(labelled(map, result, true, "logit"));
  }
  result.sum_contribution = channel_dot(output, gradient).sum(at::kDouble).item<double>();
  if (!gradient.any().item<bool>())
    result.warnings.push_back(result.block + ": no gradient of the class reaches it, so all contributions are zero");
}

/// What a probe recorded at a tap, or the same computed again where the trace had no room for it.
Result<at::Tensor> recorded(const Trace& trace, std::size_t probe, const std::string& tap, const JobContext& job) {
  const at::Tensor kept = trace.result(probe, tap);
  if (kept.defined()) return kept;
  return trace.activation(tap, job);
}

}  // namespace

Result<void> decompose_orders(const Trace& trace, std::size_t first_probe, const Model& model,
                              const std::vector<BlockInfo>& blocks, DecompositionSettings settings,
                              const std::function<Result<void>(BlockDecomposition&)>& use, bool with_gradient,
                              const JobContext& job, std::int64_t n) {
  const NamedParameters parameters = model.backbone->named_parameters();
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    TRY_VOID(job.check());
    job.progress(static_cast<std::int64_t>(b), static_cast<std::int64_t>(blocks.size()), "orders of " + blocks[b].name);
    const BlockInfo& block = blocks[b];
    const std::string gnconv = block.name + ".gnconv.";
    TRY(const at::Tensor proj_in, recorded(trace, first_probe, gnconv + "proj_in", job));
    TRY(const at::Tensor proj_out, recorded(trace, first_probe, gnconv + "proj_out", job));
    std::vector<at::Tensor> gates;
    for (int k = 1; k <= block.order; ++k) {
      TRY(const at::Tensor gate, recorded(trace, first_probe, gnconv + "gate." + std::to_string(k), job));
      gates.push_back(gate);
    }
    BlockDecomposition result;
    result.block = block.name;
    result.order = block.order;
    result.settings = settings;
    // No norm stands before HorFPN's gnConvs.
    if (block.in_head && settings.origin == OrderOrigin::NormBias) result.settings.origin = OrderOrigin::Zero;
    TRY_VOID(guarded([&] {
      const at::NoGradGuard no_grad;
      const GnConvParameters p(parameters, block);
      GnConvActivations x{channels_last(proj_in, n), {}};
      for (const at::Tensor& gate : gates) x.gates.push_back(channels_last(gate, n));
      at::Tensor terms;
      const OrderOrigin from = result.settings.origin;
      if (settings.by == OrderTerms::Gates) {
        terms = terms_by_gates(p, x);
      } else {
        const at::Tensor origin =
            from == OrderOrigin::SpatialMean
                ? x.proj_in.mean(at::IntArrayRef{0, 1}, false, at::kDouble).to(x.proj_in.scalar_type())
            : from == OrderOrigin::NormBias ? at::linear(p.norm_bias, p.proj_in_weight, p.proj_in_bias)
                                            : p.proj_in_bias;
        terms = terms_by_degree(p, x, origin);
      }
      result.terms = terms.permute({0, 3, 1, 2});
      name_terms(result);
      const at::Tensor output = proj_out.slice(0, n, n + 1);
      measure_energy(result, output[0]);
      const at::Tensor gradient =
          with_gradient ? trace.gradient_result(first_probe + 1, gnconv + "proj_out") : at::Tensor();
      if (gradient.defined()) measure_contribution(result, output, gradient.slice(0, n, n + 1));
    }));
    TRY_VOID(use(result));
  }
  return {};
}

namespace {

Matrix block_matrix(const std::vector<BlockDecomposition>& blocks, const std::string& name, const std::string& unit,
                    const std::function<const std::vector<double>&(const BlockDecomposition&)>& values_of) {
  Matrix matrix;
  matrix.name = name;
  matrix.unit = unit;
  int highest = 0;
  for (const BlockDecomposition& block : blocks)
    for (const int power : block.powers) highest = std::max(highest, power);
  const bool by_degree = blocks.empty() || blocks.front().settings.by == OrderTerms::Degree;
  for (int power = 0; power <= highest; ++power)
    matrix.columns.push_back(by_degree    ? "degree " + std::to_string(power)
                             : power == 0 ? "bias"
                                          : std::to_string(power) + (power == 1 ? " gate" : " gates"));
  for (const BlockDecomposition& block : blocks) {
    matrix.rows.push_back(block.block);
    std::vector<double> row(highest + 1, std::numeric_limits<double>::quiet_NaN());
    const std::vector<double>& values = values_of(block);
    for (std::size_t i = 0; i < values.size(); ++i) row[block.powers[i]] = values[i];
    matrix.values.insert(matrix.values.end(), row.begin(), row.end());
  }
  return matrix;
}

}  // namespace

Matrix share_matrix(const std::vector<BlockDecomposition>& blocks) {
  return block_matrix(
      blocks, "shares", "share of energy", [](const BlockDecomposition& b) -> const auto& { return b.shares; });
}

Matrix energy_matrix(const std::vector<BlockDecomposition>& blocks) {
  return block_matrix(
      blocks, "energies", "activation^2", [](const BlockDecomposition& b) -> const auto& { return b.energies; });
}

Matrix contribution_matrix(const std::vector<BlockDecomposition>& blocks) {
  return block_matrix(
      blocks, "contributions", "logit", [](const BlockDecomposition& b) -> const auto& { return b.contributions; });
}

namespace {

const MethodDescriptor& descriptor() {
  static const MethodDescriptor descriptor{
      "order-decomposition",
      "Exact interaction orders",
      "OrderScope's; an algebraic identity of the gnConv of Rao et al., HorNet, NeurIPS 2022, eq. 3-5",
      {{"block", MethodParameter::Type::Layer, "block to take apart, or a pattern", "*", {}, 0, 0},
       {"decompose",
        MethodParameter::Type::Choice,
        "degree: by polynomial degree (depthwise gates only); gates: by the gates passed",
        "degree",
        {"degree", "gates"},
        0,
        0},
       order_origin_parameter(),
       {"class", MethodParameter::Type::Class, "class index; the most likely one unless given", "", {}, 0, 0}},
      /*needs_gradient=*/true,
      /*needs_gnconv=*/true,
      "decomposition by order"};
  return descriptor;
}

Result<MethodResult> finish(const MethodCall& call, const JobContext& job) {
  const Model& model = *call.subject.model;
  TRY(const OrderTerms by, order_terms_from_string(call.values.text("decompose")));
  TRY(const OrderOrigin origin, order_origin_from_string(call.values.text("origin")));
  MethodResult result;
  TRY(const auto blocks, decomposable_blocks(model, call.values.text("block"), by, result.warnings));
  std::vector<BlockDecomposition> all;
  const auto use = [&](BlockDecomposition& block) -> Result<void> {
    block.terms = at::Tensor();
    for (std::size_t i = 0; i < block.names.size(); ++i) {
      const std::string name = block.block + "." + block.names[i];
      result.numbers.push_back({name + ".share", block.shares[i]});
      if (!block.contributions.empty()) {
        result.numbers.push_back({name + ".contribution", block.contributions[i], "logit"});
        result.maps.push_back({name, std::move(block.contribution[i])});
      }
    }
    result.numbers.push_back({block.block + ".mean_order", block.mean_power, block.mean_order.unit});
    result.maps.push_back({block.block + ".mean_order", std::move(block.mean_order)});
    result.warnings.insert(result.warnings.end(), block.warnings.begin(), block.warnings.end());
    block.energy.clear();
    all.push_back(std::move(block));
    return {};
  };
  TRY_VOID(decompose_orders(call.trace, call.first_probe, model, blocks, {by, origin}, use, true, job));
  result.matrices = {share_matrix(all), energy_matrix(all), contribution_matrix(all)};
  return result;
}

}  // namespace

const Method& order_decomposition_method() {
  static const Method method{descriptor(),
                             [](const Subject& subject, const MethodValues& values) -> std::vector<Probe> {
                               const auto by = order_terms_from_string(values.text("decompose"));
                               std::vector<std::string> warnings;
                               const auto blocks =
                                   decomposable_blocks(*subject.model, values.text("block"), *by, warnings);
                               if (!blocks) return {};  // finish says why
                               return decomposition_probes(*subject.model, *blocks, true);
                             },
                             finish};
  return method;
}

}  // namespace orderscope
