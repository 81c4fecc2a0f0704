// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cam_layer.h"

#include "core/models/backbone.h"
#include "core/models/describe.h"
#include "core/trace/find_taps.h"

namespace orderscope {

MethodParameter cam_layer_parameter() {
  return {
      "layer",
      MethodParameter::Type::Layer,
      "where to look, e.g. stages.3.1 or layers.3.blocks.1.norm1, with commas and * for several; last: the output of "
      "the last block, in a Swin the final norm",
      "last",
      {},
      0,
      0};
}

MethodParameter class_parameter() {
  return {"class", MethodParameter::Type::Class, "class index; the most likely one unless given", "", {}, 0, 0};
}

std::string cam_layer_pattern(const Model& model, const MethodValues& values) {
  const std::string& layer = values.text("layer");
  if (layer != "last") return layer;
  return usual_cam_layer(model);
}

namespace {

bool has_places(const Model& model, const std::string& tap) {
  if (tap == "logits" || tap.ends_with(".attn.probs")) return false;
  return tap != "norm" || model.architecture.family == Family::Swin;
}

}  // namespace

Result<std::vector<std::string>> cam_layers(const Model& model, const MethodValues& values) {
  TRY(std::vector<std::string> layers, find_taps(*model.backbone, cam_layer_pattern(model, values)));
  const std::string first = layers.front();
  std::erase_if(layers, [&](const std::string& tap) { return !has_places(model, tap); });
  if (layers.empty()) {
    return fail(Error::Kind::InvalidInput, "has no channels and places, so there is no map of it", first,
                "take the output of a block, or one inside it");
  }
  return layers;
}

std::string cam_probe_pattern(const Model& model, const MethodValues& values) {
  const auto layers = cam_layers(model, values);
  return layers ? joined(*layers) : std::string();
}

}  // namespace orderscope
