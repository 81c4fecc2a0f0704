// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/order_inspection.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>

#include "core/analysis/block_patterns.h"
#include "core/analysis/channel_ranking.h"
#include "core/analysis/method.h"
#include "core/analysis/mixer_kernels.h"
#include "core/analysis/order_decomposition.h"
#include "core/analysis/order_mixer.h"
#include "core/analysis/tensor_map.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/run/class_scores.h"
#include "core/run/dense_subject.h"
#include "core/run/model_input.h"
#include "core/trace/trace.h"

namespace orderscope {
namespace {

double energy_of(const at::Tensor& x) { return x.square().mean(at::kDouble).item<double>(); }

DecompositionSettings settings_for(bool by_gates) {
  return {by_gates ? OrderTerms::Gates : OrderTerms::Degree, OrderOrigin::NormBias};
}

/// The places of the terms in ascending power: by gates they come with the most gates first.
std::vector<std::size_t> by_power(const BlockDecomposition& block) {
  std::vector<std::size_t> places(block.powers.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::sort(places.begin(), places.end(),
            [&](std::size_t a, std::size_t b) { return block.powers[a] < block.powers[b]; });
  return places;
}

OrderTermSum term_sum(BlockDecomposition& block, const Provenance& common, int class_index) {
  OrderTermSum result;
  result.block = block.block;
  result.order = block.order;
  result.by_gates = block.settings.by == OrderTerms::Gates;
  result.class_index = class_index;
  result.contribution = block.sum_contribution;
  result.defect = block.largest_defect;
  result.warnings = block.warnings;
  const at::Tensor output = block.terms.sum(0);
  at::Tensor sum = at::zeros_like(output);
  for (const std::size_t i : by_power(block)) {
    sum += block.terms[static_cast<std::int64_t>(i)];
    OrderTerm term;
    term.name = block.names[i];
    term.power = block.powers[i];
    term.energy = block.energies[i];
    term.share = block.shares[i];
    if (i < block.contributions.size()) {
      term.contribution = block.contributions[i];
      term.contribution_map = std::move(block.contribution[i]);
      term.contribution_map.provenance.parameters["class"] = std::to_string(class_index);
    }
    term.map = std::move(block.energy[i]);
    term.partial = to_map(sum.square().mean(0));
    term.partial.unit = term.map.unit;
    term.partial.provenance = term.map.provenance;
    term.map.provenance.parameters["term"] = term.contribution_map.provenance.parameters["term"] = term.name;
    term.partial.provenance.parameters["terms"] = "up to " + term.name;
    term.missing = energy_of(output - sum) / block.output_energy;
    for (Map* map : {&term.map, &term.contribution_map, &term.partial}) complete_provenance(*map, common);
    result.terms.push_back(std::move(term));
  }
  return result;
}

}  // namespace

bool has_degrees(const Model& model, const BlockInfo& block) {
  const auto stage = static_cast<std::size_t>(block.stage);
  return block.order > 0 && stage < model.mixers.size() && model.mixers[stage] != "gnconv-gf";
}

struct OrderInspection::State {
  std::shared_ptr<const Model> model;
  InputImage image;                             ///< of a classifier
  std::shared_ptr<const DenseSubject> subject;  ///< of anything else
  Provenance provenance;
  std::unique_ptr<Trace> trace;
  std::optional<OrderMixer> mixer;
  std::string explained;  ///< the target whose gradients the trace holds
};

OrderInspection::OrderInspection(std::shared_ptr<const Model> model, InputImage image)
    : state_(std::make_unique<State>()) {
  state_->model = std::move(model);
  state_->image = std::move(image);
}

OrderInspection::OrderInspection(std::shared_ptr<const DenseSubject> subject) : state_(std::make_unique<State>()) {
  state_->model = subject->model;
  state_->subject = std::move(subject);
}

OrderInspection::~OrderInspection() = default;

Result<void> OrderInspection::prepare(const JobContext& job) {
  State& state = *state_;
  if (state.trace) return {};
  TRY(const std::vector<BlockInfo> blocks, find_gnconv_blocks(*state.model, "*"));
  const std::string outputs = taps_of_blocks(*state.model, blocks, {"gnconv.proj_out"});
  // The first probe of a decomposition is what it recorded. Here it keeps nothing: one block at a time is looked at,
  // and its activations are computed again from the input of its step.
  std::vector<Probe> probes{{outputs, {}, {}}, Probe::record_gradient(outputs)};
  at::Tensor images;
  if (state.subject) {
    state.provenance = state.subject->provenance;
    images = state.subject->images();
  } else {
    const ModelInput input = model_input(state.image);
    state.provenance = provenance_of(*state.model, input);
    images = input.images.to(at::Device(state.model->device));
  }
  TRY(Trace trace, Trace::forward(state.model->backbone, images, std::move(probes), {}, job));
  state.trace = std::make_unique<Trace>(std::move(trace));
  return {};
}

Result<OrderTermSum> OrderInspection::terms(const std::string& block, bool by_gates, int class_index,
                                            const JobContext& job) {
  State& state = *state_;
  TRY_VOID(prepare(job));
  TRY(const int known, choose_class(class_index, *state.model, state.trace->logits()));
  return terms_of(block, by_gates, class_target(known), job);
}

Result<OrderTermSum> OrderInspection::terms(const std::string& block, bool by_gates, const DenseQuestion& question,
                                            const JobContext& job) {
  if (!state_->subject) return fail(Error::Kind::InvalidInput, "is asked for a class", state_->model->name);
  TRY_VOID(prepare(job));
  TRY(const Target target, state_->subject->target(question, *state_->trace));
  return terms_of(block, by_gates, target, job);
}

Result<OrderTermSum> OrderInspection::terms_of(const std::string& block, bool by_gates, const Target& target,
                                               const JobContext& job) {
  State& state = *state_;
  const auto info = std::find_if(state.model->blocks.begin(), state.model->blocks.end(),
                                 [&](const BlockInfo& one) { return one.name == block; });
  const bool no_degrees = info != state.model->blocks.end() && !has_degrees(*state.model, *info);
  const DecompositionSettings settings = settings_for(by_gates || no_degrees);
  std::vector<std::string> warnings;
  TRY(const auto blocks, decomposable_blocks(*state.model, block, settings.by, warnings));
  if (state.explained != target.description) {
    state.explained.clear();
    job.progress(0, 0, "gradients");
    TRY_VOID(state.trace->backward(target, job));
    state.explained = target.description;
  }
  OrderTermSum result;
  const auto use = [&](BlockDecomposition& found) -> Result<void> {
    return guarded([&] {
      const at::NoGradGuard no_grad;
      result = term_sum(found, state.provenance, target.class_index);
      if (!state.subject) return;
      for (OrderTerm& term : result.terms) {
        term.contribution_map.provenance.parameters["target"] = target.description;
        if (state.model->is_detector()) term.contribution_map.unit = "probability";
      }
    });
  };
  TRY_VOID(decompose_orders(*state.trace, 0, *state.model, blocks, settings, use, true, job));
  return result;
}

Result<std::vector<OrderTermShares>> OrderInspection::shares(const JobContext& job) {
  State& state = *state_;
  TRY_VOID(prepare(job));
  std::vector<OrderTermShares> all;
  const auto total = static_cast<std::int64_t>(state.model->blocks.size());
  for (const BlockInfo& block : state.model->blocks) {
    job.progress(static_cast<std::int64_t>(all.size()), total, block.name);
    OrderTermShares shares;
    shares.block = block.name;
    shares.by_gates = block.order > 0 && !has_degrees(*state.model, block);
    if (block.order > 0) {
      const auto use = [&](BlockDecomposition& found) -> Result<void> {
        for (const std::size_t i : by_power(found)) shares.shares.push_back(found.shares[i]);
        return {};
      };
      const JobContext quiet{job.stop, {}};
      TRY_VOID(
          decompose_orders(*state.trace, 0, *state.model, {block}, settings_for(shares.by_gates), use, false, quiet));
    }
    all.push_back(std::move(shares));
  }
  return all;
}

namespace {

/// The weights behind a gate's channel.
void add_kernel(TapChannel& channel, const OrderKernels& kernels) {
  const auto place = [&](const std::vector<int>& channels) -> std::int64_t {
    const auto found = std::find(channels.begin(), channels.end(), channel.channel);
    return found == channels.end() ? -1 : found - channels.begin();
  };
  if (const std::int64_t local = place(kernels.channels); local >= 0) {
    channel.kernel = to_map(kernels.kernels[local]);
    channel.kernel.is_signed = true;
    channel.kernel.unit = "weight";
  } else if (const std::int64_t global = place(kernels.global_channels); global >= 0) {
    channel.kernel = to_map(kernels.magnitude[global]);
    channel.kernel.unit = "magnitude";
    channel.is_spectrum = true;
  }
}

/// The order of a gate or state, 0 for other taps.
int gate_order(const std::string& tap, const std::string& block) {
  for (const char* quantity : {".gnconv.gate.", ".gnconv.state."}) {
    const std::string start = block + quantity;
    if (tap.starts_with(start)) return std::atoi(tap.c_str() + start.size());
  }
  return 0;
}

}  // namespace

Result<TapChannels> OrderInspection::channels(const std::string& tap, int most, const JobContext& job) {
  State& state = *state_;
  TRY_VOID(prepare(job));
  TRY(const at::Tensor activation, state.trace->activation(tap, job));
  TRY(const std::vector<ChannelFigures> figures, channels_by_energy(activation));
  TapChannels result;
  result.tap = tap;
  result.channels = static_cast<int>(figures.size());
  const at::Tensor& images = state.trace->images();
  const int channel_dim = activation.dim() == 3 ? 2 : 1;
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    for (const ChannelFigures& one : figures) {
      if (static_cast<int>(result.shown.size()) >= most) break;
      TapChannel channel;
      channel.channel = one.channel;
      channel.energy = one.energy;
      channel.share = one.share;
      channel.map = to_map(spatial(activation.select(channel_dim, one.channel), 0, images.size(2), images.size(3)));
      channel.map.is_signed = true;
      channel.map.unit = "activation";
      channel.map.provenance.layer = tap;
      channel.map.provenance.method = "channel";
      channel.map.provenance.parameters["channel"] = std::to_string(one.channel);
      complete_provenance(channel.map, state.provenance);
      result.shown.push_back(std::move(channel));
    }
  }));
  for (const BlockInfo& block : state.model->blocks) {
    const int order = gate_order(tap, block.name);
    if (order < 1 || order > block.order) continue;
    TRY(const MixerKernels kernels, mixer_kernels(*state.model, block, images.size(2), images.size(3)));
    const auto of_order = std::ranges::find(kernels.orders, order, &OrderKernels::order);
    if (of_order == kernels.orders.end()) continue;
    TRY_VOID(guarded([&] {
      for (TapChannel& channel : result.shown) add_kernel(channel, *of_order);
    }));
  }
  return result;
}

Result<std::vector<ClassScore>> OrderInspection::mix(std::span<const OrderFactor> factors, const JobContext& job) {
  if (state_->subject)
    return fail(Error::Kind::Unsupported, "only the orders of classifiers are mixed", state_->model->name);
  TRY_VOID(prepare(job));
  if (!state_->mixer) state_->mixer.emplace(state_->model, *state_->trace);
  TRY(const at::Tensor logits, state_->mixer->mix(factors, job));
  return class_scores(*state_->model, logits);
}

}  // namespace orderscope
