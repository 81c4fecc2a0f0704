// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "core/models/dense/dense_network.h"

namespace orderscope::test {

/// The neck and heads of cascade_mask_rcnn_hornet_tiny_7x7_3x_coco_in1k, over levels of these widths.
inline DenseArchitecture official_cascade(const std::vector<int>& widths) {
  DenseArchitecture dense;
  dense.neck.emplace();
  for (const int width : widths) {
    dense.neck->laterals.push_back({width, 256, 1, true, false});
    dense.neck->outputs.push_back({256, 256, 3, true, false});
  }
  dense.rpn = RpnShape{{256, 256, 3, true, false}, 3};
  BoxHeadShape box;
  box.convs.assign(4, {256, 256, 3, false, true});
  box.fcs = {1024};
  box.classes = 80;
  MaskHeadShape mask;
  mask.convs.assign(4, {256, 256, 3, true, false});
  mask.upsample_channels = 256;
  mask.classes = 80;
  dense.box_heads.assign(3, box);
  dense.mask_heads.assign(3, mask);
  return dense;
}

}  // namespace orderscope::test
