// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/layer_statistics.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "core/models/backbone.h"
#include "core/trace/find_taps.h"

namespace orderscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Places x channels; a vector is a single place. Attention probabilities: heads are the channels.
at::Tensor places(const at::Tensor& x) {
  const at::Tensor last = x.dim() == 4 ? x.permute({0, 2, 3, 1}) : x;
  return last.reshape({-1, last.size(-1)});
}

double effective_rank(const at::Tensor& x) {
  if (x.size(0) < 2 || !x.isfinite().all().item<bool>()) return kNone;
  const at::Tensor centred = (x - x.mean(0, true)).to(at::kDouble);
  // The smaller of the two Gram matrices has the squared singular values.
  const at::Tensor gram =
      centred.size(0) < centred.size(1) ? at::matmul(centred, centred.t()) : at::matmul(centred.t(), centred);
  const at::Tensor singular = at::linalg_eigvalsh(gram).clamp_min(0).sqrt();
  const double sum = singular.sum().item<double>();
  if (!(sum > 0)) return kNone;
  const at::Tensor p = singular / sum;
  return std::exp(-at::xlogy(p, p).sum().item<double>());
}

struct Quantity {
  const char* name;
  const char* unit;
  double LayerStatistics::*value;
};

constexpr Quantity kQuantities[] = {{"energy", "mean square", &LayerStatistics::energy},
                                    {"sparsity", "Hoyer", &LayerStatistics::sparsity},
                                    {"near_zero", "share", &LayerStatistics::near_zero},
                                    {"effective_rank", "", &LayerStatistics::effective_rank}};

const MethodDescriptor& descriptor() {
  static const MethodDescriptor descriptor{"layers",
                                           "Activation statistics",
                                           "effective rank: Roy and Vetterli, EUSIPCO 2007; sparsity: Hoyer, JMLR 2004",
                                           {{"layer",
                                             MethodParameter::Type::Layer,
                                             "layers, with commas and *; blocks: every block's output",
                                             "blocks",
                                             {},
                                             0,
                                             0}},
                                           /*needs_gradient=*/false,
                                           /*needs_gnconv=*/false,
                                           "numbers by layer"};
  return descriptor;
}

Result<MethodResult> finish(const MethodCall& call, const JobContext& job) {
  const std::string pattern = block_pattern(*call.subject.model, call.values.text("layer"));
  TRY(const auto layers, find_taps(*call.subject.model->backbone, pattern));
  MethodResult result;
  for (const Quantity& quantity : kQuantities) result.curves.push_back({quantity.name, "layer", quantity.unit, {}, {}});
  for (const std::string& layer : layers) {
    TRY_VOID(job.check());
    const at::Tensor values = call.trace.result(call.first_probe, layer);
    if (!values.defined()) continue;
    const double* data = values.const_data_ptr<double>();
    for (std::size_t q = 0; q < std::size(kQuantities); ++q) {
      result.numbers.push_back({layer + "." + kQuantities[q].name, data[q], kQuantities[q].unit});
      result.curves[q].x.push_back(static_cast<double>(result.curves[q].x.size()));
      result.curves[q].y.push_back(data[q]);
    }
    if (!std::isfinite(data[0])) result.warnings.push_back(layer + " holds NaN or Inf");
  }
  return result;
}

}  // namespace

LayerStatistics layer_statistics(const at::Tensor& activation) {
  const at::Tensor x = places(activation.detach()).to(at::kCPU);
  const auto count = static_cast<double>(x.numel());
  LayerStatistics s;
  const double squares = x.square().sum(at::kDouble).item<double>();
  const double magnitudes = x.abs().sum(at::kDouble).item<double>();
  s.energy = squares / count;
  s.sparsity =
      squares > 0 && count > 1 ? (std::sqrt(count) - magnitudes / std::sqrt(squares)) / (std::sqrt(count) - 1) : kNone;
  s.near_zero = (x.abs() < 0.01 * std::sqrt(s.energy)).sum().item<double>() / count;
  s.effective_rank = effective_rank(x);
  return s;
}

const Method& layer_statistics_method() {
  static const Method method{descriptor(),
                             [](const Subject& subject, const MethodValues& values) {
                               const auto layers = find_taps(*subject.model->backbone,
                                                             block_pattern(*subject.model, values.text("layer")));
                               // Where there are none, finish says so.
                               return std::vector{Probe{layers ? joined(*layers) : std::string(),
                                                        [](const at::Tensor& x) {
                                                          const LayerStatistics s = layer_statistics(x);
                                                          std::vector<double> all;
                                                          for (const Quantity& quantity : kQuantities)
                                                            all.push_back(s.*quantity.value);
                                                          return at::tensor(all, at::kDouble);
                                                        },
                                                        {}}};
                             },
                             finish};
  return method;
}

std::string block_pattern(const Model& model, const std::string& layers) {
  if (layers != "blocks") return layers;
  std::string pattern;
  for (const BlockInfo& block : model.blocks) pattern += (pattern.empty() ? "" : ",") + block.name;
  return pattern;
}

}  // namespace orderscope
