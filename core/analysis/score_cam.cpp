// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/score_cam.h"

#include <ATen/ATen.h>

#include "core/analysis/cam_layer.h"
#include "core/analysis/cam_rule.h"
#include "core/analysis/image_scores.h"
#include "core/analysis/tensor_map.h"
#include "core/base/guard.h"

namespace orderscope {

namespace {

/// An activation [1, C, h, w] or tokens [1, L, C] as [C, h, w].
at::Tensor channels_of(const at::Tensor& activation, const at::Tensor& image) {
  if (activation.dim() == 4) return activation[0];
  const auto [h, w] = token_grid(activation.size(1), image.size(2), image.size(3));
  return activation[0].t().reshape({-1, h, w});
}

Result<at::Tensor> score_cam(const MethodCall& call, const std::string& layer, const JobContext& job) {
  const at::Tensor& image = call.subject.image;
  TRY(const at::Tensor activation, call.trace.activation(layer, job));
  const at::Tensor channels = channels_of(activation, image).contiguous();
  const auto masked = [&](std::int64_t c) {
    const at::Tensor large = at::upsample_bilinear2d(channels[c].view({1, 1, channels.size(1), channels.size(2)}),
                                                     {image.size(2), image.size(3)}, /*align_corners=*/true)[0];
    const at::Tensor low = large.min();
    return image[0] * ((large - low) / (large.max() - low + 1e-8));
  };
  TRY(const at::Tensor logits,
      image_logits(call.subject.model->backbone, channels.size(0), masked, "Score-CAM at " + layer, job));
  at::Tensor values;
  TRY_VOID(guarded([&] {
    const at::Tensor weights = at::softmax(logits.select(1, call.class_index), 0);
    values = at::matmul(weights, channels.flatten(1)).view({channels.size(1), channels.size(2)});
  }));
  return values;
}

}  // namespace

const Method& score_cam_method() {
  static const MethodDescriptor descriptor{"scorecam",
                                           "Score-CAM",
                                           "Wang et al., Score-CAM, CVPR Workshops 2020",
                                           {cam_layer_parameter(), class_parameter()},
                                           /*needs_gradient=*/false,
                                           /*needs_gnconv=*/false,
                                           "map"};
  static const Method method{descriptor, {}, [](const MethodCall& call, const JobContext& job) -> Result<MethodResult> {
                               TRY(const auto layers, cam_layers(*call.subject.model, call.values));
                               MethodResult result;
                               for (const std::string& layer : layers) {
                                 TRY(const at::Tensor values, score_cam(call, layer, job));
                                 add_map(result, layer, values, "activation", /*is_signed=*/true);
                               }
                               return result;
                             }};
  return method;
}

}  // namespace orderscope
