// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/ablation_cam.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>

#include "core/analysis/cam_layer.h"
#include "core/analysis/cam_rule.h"
#include "core/analysis/tensor_map.h"
#include "core/base/guard.h"

namespace orderscope {

namespace {

/// Logits of the class [C], each with one channel of the layer set to `value`.
Result<at::Tensor> ablated_logits(const MethodCall& call, const std::string& layer, const at::Tensor& activation,
                                  float value, const JobContext& job) {
  const int channel_dim = activation.dim() == 4 ? 1 : 2;
  const std::int64_t channels = activation.size(channel_dim);
  // 16 MB of the layer: inside a block activations are four times as wide, and several are alive at once.
  const std::int64_t batch =
      std::clamp<std::int64_t>((std::int64_t{1} << 22) / std::max<std::int64_t>(activation.numel(), 1), 1, 64);
  const JobContext quiet{job.stop, {}};
  std::vector<at::Tensor> logits;
  for (std::int64_t first = 0; first < channels; first += batch) {
    job.progress(first, channels, "Ablation-CAM at " + layer);
    std::vector<std::vector<Edit>> variants;
    for (std::int64_t c = first; c < std::min(first + batch, channels); ++c) {
      variants.push_back({{layer, [=](const at::Tensor& x) {
                             at::Tensor without = x.clone();
                             without.select(channel_dim, c).fill_(value);
                             return without;
                           }}});
    }
    TRY(const at::Tensor rerun, call.trace.rerun(variants, quiet, batch));
    logits.push_back(rerun.select(1, call.class_index));
  }
  return at::cat(logits);
}

Result<void> add_layer(MethodResult& result, const MethodCall& call, const std::string& layer, const JobContext& job) {
  TRY(const at::Tensor activation, call.trace.activation(layer, job));
  float value = 0;
  if (call.values.text("variant") == "library") {
    const float low = activation.min().item<float>();
    if (low != 0) value = low - 1e7F;
  }
  TRY(const at::Tensor logits, ablated_logits(call, layer, activation, value, job));
  const double score = call.trace.logits()[0][call.class_index].item<double>();
  if (score < 0) {
    char text[160];
    std::snprintf(text, sizeof text,
                  "the class has a negative logit (%.3g): Ablation-CAM divides by it, so its map has the wrong sign",
                  score);
    if (result.warnings.empty()) result.warnings.push_back(text);
  }
  at::Tensor values;
  TRY_VOID(guarded([&] {
    const at::Tensor weights = (score - logits) / score;
    const at::Tensor rows = in_places_of(activation, at::matmul(pixel_rows(activation), weights));
    values = spatial(rows, 0, call.subject.image.size(2), call.subject.image.size(3));
  }));
  add_map(result, layer, values, "activation", /*is_signed=*/true);
  return {};
}

}  // namespace

const Method& ablation_cam_method() {
  static const MethodDescriptor descriptor{
      "ablationcam",
      "Ablation-CAM",
      "Desai and Ramaswamy, Ablation-CAM, WACV 2020",
      {cam_layer_parameter(),
       class_parameter(),
       {"variant",
        MethodParameter::Type::Choice,
        "what an ablated channel is set to: zero, as in the paper, or min - 1e7, as in pytorch-grad-cam",
        "paper",
        {"paper", "library"},
        0,
        0}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "map"};
  static const Method method{descriptor, {}, [](const MethodCall& call, const JobContext& job) -> Result<MethodResult> {
                               TRY(const auto layers, cam_layers(*call.subject.model, call.values));
                               MethodResult result;
                               for (const std::string& layer : layers) TRY_VOID(add_layer(result, call, layer, job));
                               return result;
                             }};
  return method;
}

}  // namespace orderscope
