// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/randomisation_check.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/guard.h"
#include "core/models/backbone.h"

namespace orderscope {

namespace {

std::vector<double> ranks(std::span<const float> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    for (std::size_t i = first; i <= last; ++i) ranks[order[i]] = static_cast<double>(first + last) / 2;
    first = last + 1;
  }
  return ranks;
}

/// The model with weights of its own.
Result<std::shared_ptr<Model>> copy_of(const Model& model) {
  auto copy = std::make_shared<Model>(model);
  TRY(copy->backbone, make_backbone(model.architecture));
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    copy->backbone->to(at::Device(model.device));
    auto from = model.backbone->named_parameters();
    for (auto& parameter : copy->backbone->named_parameters()) {
      parameter.value().copy_(from[parameter.key()]);
      parameter.value().set_requires_grad(false);
    }
    copy->backbone->eval();
  }));
  return copy;
}

/// The part of the network that a parameter belongs to, named like its step, or its stage.
std::string part_of(const Backbone& backbone, const std::string& parameter, RandomisationStep by) {
  for (const Step& step : backbone.steps()) {
    if (!parameter.starts_with(step.name + ".") || step.name == "head") continue;
    if (by == RandomisationStep::Blocks) return step.name;
    if (step.name == "patch_embed" || step.name == "downsample_layers.0") return "stem";
    // "stages.2.5", "layers.2.blocks.5", "layers.2.downsample"; the downsampling in front of a stage goes with it.
    const std::size_t dot = step.name.find('.');
    return "stage " + step.name.substr(dot + 1, step.name.find('.', dot + 1) - dot - 1);
  }
  return parameter.starts_with("absolute_pos") ? "stem" : "head";
}

/// The parameters of each part, from the head down.
std::vector<std::vector<at::Tensor>> parts_of(const Backbone& backbone, RandomisationStep by) {
  std::vector<std::string> names;
  for (const Step& step : backbone.steps()) {
    const std::string name = part_of(backbone, step.name + ".", by);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::reverse(names.begin(), names.end());
  std::vector<std::vector<at::Tensor>> parts(names.size());
  for (const auto& parameter : backbone.named_parameters()) {
    const auto name = std::find(names.begin(), names.end(), part_of(backbone, parameter.key(), by));
    // Whatever belongs to no step is added to the stem's output.
    parts[std::min<std::size_t>(name - names.begin(), names.size() - 1)].push_back(parameter.value());
  }
  return parts;
}

void shuffle(at::Tensor parameter, at::Generator& generator) {
  const at::NoGradGuard no_grad;
  const at::Tensor order = at::randperm(parameter.numel(), generator, at::TensorOptions().dtype(at::kLong));
  parameter.copy_(parameter.flatten().index_select(0, order.to(parameter.device())).view_as(parameter));
}

Result<Map> map_of(const Subject& subject, const MethodRequest& request, int class_index, const JobContext& job) {
  TRY(MethodsOutcome outcome, run_methods(subject, {&request, 1}, class_index, job));
  if (!outcome.results[0]) return tl::unexpected(outcome.results[0].error());
  if (outcome.results[0]->maps.empty()) return fail(Error::Kind::InvalidInput, "the method makes no map");
  return std::move(outcome.results[0]->maps.front().map);
}

std::vector<float> magnitudes(const std::vector<float>& values) {
  std::vector<float> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [](float v) { return std::fabs(v); });
  return result;
}

}  // namespace

double rank_correlation(std::span<const float> a, std::span<const float> b) {
  const std::vector<double> x = ranks(a), y = ranks(b);
  const double mean = (static_cast<double>(x.size()) - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xy / std::sqrt(xx * yy);
}

Result<MethodResult> randomisation_check(const Subject& subject, const MethodRequest& request, int class_index,
                                         RandomisationStep step, std::uint64_t seed, const JobContext& job) {
  const JobContext quiet{job.stop, {}};
  TRY(const Map original, map_of(subject, request, class_index, quiet));
  std::shared_ptr<const Model> model = subject.model;
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);

  Curve rank{"randomisation.rank", "parts of the network randomised", "rank correlation", {0}, {1}};
  Curve rank_abs{"randomisation.rank_abs", "parts of the network randomised", "rank correlation", {0}, {1}};
  const std::size_t count = parts_of(*model->backbone, step).size();
  for (std::size_t i = 0; i < count; ++i) {
    TRY_VOID(job.check());
    job.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(count), "randomising weights");
    // A network of its own each time: one that has run keeps what it made of its weights.
    TRY(model, copy_of(*model));
    TRY_VOID(guarded([&] {
      const auto parts = parts_of(*model->backbone, step);
      for (const at::Tensor& parameter : parts[i]) shuffle(parameter, generator);
    }));
    TRY(const Map map, map_of({model, subject.image}, request, class_index, quiet));
    for (Curve* curve : {&rank, &rank_abs}) curve->x.push_back(static_cast<double>(i + 1));
    rank.y.push_back(rank_correlation(original.values, map.values));
    rank_abs.y.push_back(rank_correlation(magnitudes(original.values), magnitudes(map.values)));
  }
  MethodResult result;
  result.numbers = {{"randomisation.rank", rank.y.back()}, {"randomisation.rank_abs", rank_abs.y.back()}};
  result.curves = {std::move(rank), std::move(rank_abs)};
  return result;
}

}  // namespace orderscope
