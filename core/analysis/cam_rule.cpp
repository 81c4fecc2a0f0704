// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cam_rule.h"

#include <ATen/ATen.h>

#include "core/analysis/cam_layer.h"
#include "core/analysis/cancellation.h"
#include "core/analysis/tensor_map.h"
#include "core/models/backbone.h"

namespace orderscope {

at::Tensor pixel_rows(const at::Tensor& activation) {
  return activation.dim() == 4 ? activation.permute({0, 2, 3, 1}).flatten(1, 2) : activation;
}

at::Tensor in_places_of(const at::Tensor& activation, const at::Tensor& values) {
  if (activation.dim() != 4) return values;
  return values.view({activation.size(0), activation.size(2), activation.size(3)});
}

namespace {

/// [1, ...]: the values; or [2, ...]: also what the sums are made of, to tell rounding from small values.
at::Tensor apply(const CamRule& rule, const at::Tensor& activation, const at::Tensor& gradient) {
  if (activation.dim() != 3 && activation.dim() != 4) return {};
  const at::Tensor a = pixel_rows(activation), g = gradient.defined() ? pixel_rows(gradient) : gradient;
  const at::Tensor values = in_places_of(activation, rule.values(a, g)).unsqueeze(0);
  if (!rule.sums_products) return values;
  return at::cat({values, in_places_of(activation, (a * g).abs().sum(-1)).unsqueeze(0)});
}

Result<void> add_layer(MethodResult& result, const MethodCall& call, const CamRule& rule, const std::string& layer) {
  const at::Tensor found = rule.needs_gradient ? call.trace.gradient_result(call.first_probe, layer)
                                               : call.trace.result(call.first_probe, layer);
  if (!found.defined()) {
    return fail(Error::Kind::InvalidInput,
                rule.needs_gradient ? "no gradient of the class reaches this layer" : "nothing was recorded here",
                layer, "`info` lists the taps");
  }
  const at::Tensor& image = call.trace.images();
  at::Tensor values = spatial(found[0], 0, image.size(2), image.size(3));
  if (rule.sums_products) {
    const Cancellation cancellation = cancellation_at(*call.subject.model->backbone, layer);
    const std::string warning = cancellation_warning(cancellation, layer);
    if (!warning.empty()) result.warnings.push_back(warning);
    // Rounding leaves about 1e-7 of the summands; more is real, as where activations are no larger than the norm's eps.
    constexpr double kRounding = 1e-5;
    if (cancellation == Cancellation::Pixel &&
        values.abs().max().item<double>() <= kRounding * found[1].max().item<double>()) {
      Map map = to_map(at::zeros_like(values));
      map.is_signed = true;
      map.unit = rule.unit;
      map.provenance.layer = layer;
      result.maps.push_back({layer, std::move(map)});
      return {};
    }
  }
  add_map(result, layer, values, rule.unit, rule.is_signed);
  return {};
}

}  // namespace

void add_map(MethodResult& result, const std::string& layer, const at::Tensor& values, const std::string& unit,
             bool is_signed) {
  Map map = to_map(values);
  map.is_signed = is_signed;
  map.unit = unit;
  map.provenance.layer = layer;
  for (std::string& warning : warnings_about(map)) result.warnings.push_back(std::move(warning));
  result.maps.push_back({layer, std::move(map)});
}

Method method_of_rule(const MethodDescriptor& descriptor, CamRule rule) {
  const auto probes = [rule](const Subject& subject, const MethodValues& values) {
    Probe probe;
    probe.taps = cam_probe_pattern(*subject.model, values);
    if (rule.needs_gradient) {
      probe.backward = [rule](const at::Tensor& a, const at::Tensor& g) { return apply(rule, a, g); };
    } else {
      probe.forward = [rule](const at::Tensor& a) { return apply(rule, a.detach(), {}); };
    }
    return std::vector{std::move(probe)};
  };
  const auto finish = [rule](const MethodCall& call, const JobContext&) -> Result<MethodResult> {
    TRY(const auto layers, cam_layers(*call.subject.model, call.values));
    MethodResult result;
    for (const std::string& layer : layers) TRY_VOID(add_layer(result, call, rule, layer));
    return result;
  };
  return {descriptor, probes, finish};
}

}  // namespace orderscope
