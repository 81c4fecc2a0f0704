// SPDX-License-Identifier: GPL-3.0-or-later
#include "channel_diversity.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/analysis/cam_layer.h"
#include "core/analysis/tensor_map.h"
#include "core/trace/find_taps.h"

namespace channel_diversity {

using namespace orderscope;

at::Tensor effective_channels(const at::Tensor& activation, double q, Weight weight) {
  if (activation.dim() != 3 && activation.dim() != 4) return {};
  const std::int64_t channels = activation.dim() == 4 ? 1 : 2;
  at::Tensor p = activation.detach().to(at::kDouble).abs();
  // Dividing by the largest first: neither the squares nor high powers of the shares leave the range of numbers.
  const at::Tensor largest = p.amax(channels, true);
  p = p / largest;
  if (weight == Weight::Energy) p = p.square();
  const at::Tensor total = p.sum(channels);
  at::Tensor log_number;
  if (std::abs(q - 1) < 1e-4) {
    // With p the shares times their total T: -sum (p / T) ln(p / T) = ln T - sum p ln p / T.
    log_number = total.log() - at::xlogy(p, p).sum(channels) / total;
  } else {
    const at::Tensor powers = q == 0 ? (p > 0).to(at::kDouble) : p.pow(q);
    log_number = (powers.sum(channels).log() - q * total.log()) / (1 - q);
  }
  return at::where(largest.squeeze(channels) == 0, at::zeros_like(log_number), log_number.exp());
}

namespace {

const MethodDescriptor& descriptor() {
  static const MethodDescriptor descriptor{
      "channel-diversity",
      "Effective number of channels",
      "Hill, Diversity and Evenness, Ecology 1973, of the channels' shares in the energy of a pixel",
      {cam_layer_parameter(),
       {"hill-order",
        MethodParameter::Type::Real,
        "order q of the Hill number: 0 counts the active channels, 1 is the exponential of the entropy, 2 the "
        "participation ratio",
        "1",
        {},
        0,
        16},
       {"share-of",
        MethodParameter::Type::Choice,
        "what the shares are of: squared or absolute activations",
        "energy",
        {"energy", "magnitude"},
        0,
        0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "map"};
  return descriptor;
}

Probe probe(const Subject& subject, const MethodValues& values) {
  const double q = values.real("hill-order");
  const Weight weight = values.text("share-of") == "energy" ? Weight::Energy : Weight::Magnitude;
  return {cam_layer_pattern(*subject.model, values),
          [=](const at::Tensor& x) {
            const at::Tensor number = effective_channels(x, q, weight);
            if (!number.defined()) return number;
            // The number of channels rides along: the share needs it, and the activation is gone by then.
            return at::stack({number, at::full_like(number, static_cast<double>(x.size(x.dim() == 4 ? 1 : 2)))});
          },
          {}};
}

Result<MethodResult> finish(const MethodCall& call, const JobContext&) {
  const Model& model = *call.subject.model;
  TRY(const auto layers, find_taps(*model.backbone, cam_layer_pattern(model, call.values)));
  const at::Tensor& images = call.trace.images();
  MethodResult result;
  for (const std::string& layer : layers) {
    const at::Tensor found = call.trace.result(call.first_probe, layer);
    if (!found.defined() || found.size(1) != images.size(0))
      return fail(Error::Kind::InvalidInput, "has no channels over the image", layer, "`info` lists the taps");
    const at::Tensor number = spatial(found[0], 0, images.size(2), images.size(3));
    Map map = to_map(number);
    map.unit = "channels";
    map.provenance.layer = layer;
    for (std::string& warning : warnings_about(map)) result.warnings.push_back(std::move(warning));
    const double mean = number.mean().item<double>();
    result.numbers.push_back({layer + ".effective_channels", mean, "channels"});
    result.numbers.push_back({layer + ".share", mean / found[1].flatten()[0].item<double>(), ""});
    result.maps.push_back({layer, std::move(map)});
  }
  return result;
}

}  // namespace

std::shared_ptr<const Method> method() {
  return std::make_shared<const Method>(Method{
      descriptor(),
      [](const Subject& subject, const MethodValues& values) { return std::vector{probe(subject, values)}; }, finish});
}

}  // namespace channel_diversity
