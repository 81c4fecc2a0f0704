// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/detections.h"
#include "core/image/colormap.h"
#include "core/image/image.h"

namespace orderscope {

/// How a class is written and drawn.
struct ClassLook {
  std::string name;
  Rgb color;
};

struct DetectionOverlayOptions {
  float opacity = 0.5F;  ///< of the masks, 0 to 1
  double least_score = 0;
  bool boxes = true;            ///< outlines and names, not the masks alone
  std::vector<int> labels;      ///< those that are drawn; empty: all
  std::optional<int> emphasis;  ///< index of the detection that is drawn alone in full strength, the others faint
};

/// Masks, boxes and "name 0.87" over the picture, the best detection on top. The picture has the size that the boxes
/// refer to; `looks` is one a class, and a label beyond it is drawn grey as "class 12".
Image draw_detections(const Image& picture, const Detections& detections, const std::vector<ClassLook>& looks,
                      const DetectionOverlayOptions& options = {});

}  // namespace orderscope
