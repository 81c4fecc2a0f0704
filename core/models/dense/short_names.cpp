// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/short_names.h"

#include "core/models/dense/pyramid.h"

namespace orderscope {

std::string short_tap_name(const Model& model, const std::string& tap) {
  for (const int level : model.architecture.levels)
    if (tap == level_name(level)) return "backbone_s" + std::to_string(level + 1);
  if (!model.is_segmenter()) return {};
  const UperHeadShape& head = *model.dense->uper_head;
  for (std::size_t k = 0; k < head.pool_scales.size(); ++k)
    if (tap == "decode_head.psp_modules." + std::to_string(k)) return "ppm_" + std::to_string(head.pool_scales[k]);
  for (std::size_t i = 0; i < head.outputs.size(); ++i)
    if (tap == "decode_head.fpn_convs." + std::to_string(i)) return "fpn_out_" + std::to_string(i + 1);
  if (tap == "decode_head.bottleneck") return "ppm_bottleneck";
  if (tap == "decode_head.fpn_bottleneck") return "fused";
  if (tap == "decode_head.conv_seg") return "logits_stride4";
  return {};
}

}  // namespace orderscope
