// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/dense/short_names.h"

#include "core/models/dense/pyramid.h"

namespace orderscope {

namespace {

/// The number behind a prefix, plus `shift`; empty where the tap is another.
std::string counted(const std::string& tap, const std::string& prefix, int shift, const std::string& suffix = {}) {
  if (!tap.starts_with(prefix) || !tap.ends_with(suffix) || tap.size() != prefix.size() + 1 + suffix.size()) return {};
  const char digit = tap[prefix.size()];
  return digit >= '0' && digit <= '9' ? std::to_string(digit - '0' + shift) : std::string();
}

std::string short_detector_name(const Model& model, const std::string& tap) {
  if (const auto level = counted(tap, "neck.fpn_convs.", 2); !level.empty()) return "fpn_p" + level;
  if (const auto level = counted(tap, "neck.p", 0); !level.empty()) return "fpn_p" + level;
  for (const char* map : {"rpn_cls", "rpn_reg"})
    if (const auto level = counted(tap, std::string("rpn_head.") + map + ".p", 0); !level.empty())
      return std::string(map) + "_p" + level;
  const auto staged = [&](const std::string& head, std::size_t heads, const std::string& suffix) {
    if (heads == 1) return tap == head + suffix ? std::string("1") : std::string();
    return counted(tap, head + ".", 1, suffix);
  };
  const std::size_t stages = model.dense->box_heads.size(), masks = model.dense->mask_heads.size();
  for (const auto& [suffix, name] : {std::pair{".rois", "rois_"}, std::pair{".roi_feats", "bbox_roi_feats_"},
                                     std::pair{".fc_cls", "bbox_cls_"}, std::pair{".fc_reg", "bbox_reg_"}})
    if (const auto stage = staged("roi_head.bbox_head", stages, suffix); !stage.empty()) return name + stage;
  if (const auto stage = staged("roi_head.mask_head", masks, ".logits"); !stage.empty()) return "mask_logits_" + stage;
  if (tap == "rpn_head.proposals") return "proposals";
  if (tap == "roi_head.cls_score") return "final_cls_score";
  if (tap == "roi_head.mask_rois") return "mask_rois";
  if (tap == "roi_head.mask_roi_feats") return "mask_roi_feats_1";
  if (tap == "roi_head.mask_prob") return "mask_prob_28";
  return {};
}

}  // namespace

std::string short_tap_name(const Model& model, const std::string& tap) {
  for (const int level : model.architecture.levels)
    if (tap == level_name(level)) return "backbone_s" + std::to_string(level + 1);
  if (model.is_detector()) return short_detector_name(model, tap);
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
