// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/grad_cam.h"

#include <ATen/ATen.h>

#include "core/analysis/cam_layer.h"
#include "core/analysis/tensor_map.h"

namespace orderscope {

namespace {

const MethodDescriptor& descriptor() {
  static const MethodDescriptor descriptor{"gradcam",
                                           "Grad-CAM",
                                           "Selvaraju et al., Grad-CAM, ICCV 2017",
                                           {cam_layer_parameter(), class_parameter()},
                                           /*needs_gradient=*/true,
                                           /*needs_gnconv=*/false,
                                           "map",
                                           /*explains_regions=*/true};
  return descriptor;
}

}  // namespace

const Method& grad_cam_method() {
  static const Method method{descriptor(),
                             [](const Subject& subject, const MethodValues& values) {
                               return std::vector{grad_cam_probe(cam_probe_pattern(*subject.model, values))};
                             },
                             [](const MethodCall& call, const JobContext&) -> Result<MethodResult> {
                               TRY(const auto layers, cam_layers(*call.subject.model, call.values));
                               MethodResult result;
                               for (const std::string& layer : layers) {
                                 TRY(Map map, grad_cam(call.trace, call.first_probe, layer));
                                 for (std::string& warning : warnings_about(map))
                                   result.warnings.push_back(std::move(warning));
                                 result.maps.push_back({layer, std::move(map)});
                               }
                               return result;
                             }};
  return method;
}

Probe grad_cam_probe(const std::string& layers) {
  return {layers, {}, [](const at::Tensor& activation, const at::Tensor& gradient) {
            // Rows of pixels, so that both shapes, [N, C, h, w] and tokens [N, L, C], end in one matrix product.
            if (activation.dim() == 3) {
              const at::Tensor weights = gradient.mean(1, true);
              return at::matmul(activation, weights.transpose(1, 2)).squeeze(2);
            }
            if (activation.dim() != 4) return at::Tensor();
            const at::Tensor weights = gradient.mean({2, 3}).unsqueeze(2);
            const at::Tensor rows = activation.permute({0, 2, 3, 1}).flatten(1, 2);
            return at::matmul(rows, weights).view({activation.size(0), activation.size(2), activation.size(3)});
          }};
}

Result<Map> grad_cam(const Trace& trace, std::size_t probe, const std::string& layer, int n) {
  const at::Tensor reduced = trace.gradient_result(probe, layer);
  if (!reduced.defined()) {
    return fail(Error::Kind::InvalidInput,
                "no gradient map here: not a layer of this model, or one without channels and space", layer,
                "`info` lists the taps");
  }
  Map map = to_map(spatial(reduced, n, trace.images().size(2), trace.images().size(3)));
  map.is_signed = true;
  map.unit = "logit";
  map.provenance.layer = layer;
  map.provenance.method = descriptor().id;
  return map;
}

}  // namespace orderscope
