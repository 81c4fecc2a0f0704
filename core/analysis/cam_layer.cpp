// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cam_layer.h"

#include "core/models/describe.h"

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

std::string cam_layer_pattern(const Model& model, const MethodValues& values) {
  const std::string& layer = values.text("layer");
  if (layer != "last") return layer;
  return usual_cam_layer(model);
}

}  // namespace orderscope
