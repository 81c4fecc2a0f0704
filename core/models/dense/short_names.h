// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "core/models/model.h"

namespace orderscope {

/// What a tap of a dense model is called in papers and reference fixtures: "backbone_s1" for norm0, "ppm_2" for the
/// pooling to 2 x 2, "ppm_bottleneck", "fpn_out_1", "fused", "logits_stride4"; of a detector "fpn_p2", "rpn_cls_p2",
/// "proposals", "rois_1", "bbox_cls_1", "mask_prob_28". Empty where it has no such name.
std::string short_tap_name(const Model& model, const std::string& tap);

}  // namespace orderscope
