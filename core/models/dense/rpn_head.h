// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/pixel_size.h"
#include "core/checkpoint/dense_architecture.h"
#include "core/models/backbone.h"
#include "core/models/dense/detection_settings.h"

namespace orderscope {

class Conv;

/// Boxes that may hold something, best first, in pixels of the resized image.
struct Proposals {
  at::Tensor boxes;   ///< [n, 4]
  at::Tensor scores;  ///< [n], objectness
};

/// Region proposal network (Ren et al., Faster R-CNN, NeurIPS 2015; mmdetection 2.28, rpn_head.py): one convolution
/// shared by all pyramid levels, three anchors a cell.
/// Taps for each level k: rpn_cls.pk, logits [N, 3, h, w], and rpn_reg.pk, [N, 12, h, w] with channel = anchor * 4 +
/// coordinate.
class RpnHead : public torch::nn::Module {
 public:
  explicit RpnHead(const RpnShape& shape);

  /// The step that computes the maps of the levels set aside under `levels`, finest first, and sets them aside. The
  /// module must outlive it.
  Step step(const std::string& name, const std::vector<std::string>& levels) const;

  /// Proposals of one image from the maps that the step has set aside; `strides` of the levels. At each level the best
  /// `nms_pre` anchors are moved and clipped to the image (not to its padding), NMS is within the level, the best
  /// `max_per_img` of all stay.
  static Proposals proposals(const Activations& at_hand, const std::string& name, const std::vector<int64_t>& strides,
                             const PixelSize& image, const RpnSettings& settings);

  int64_t macs(int64_t pixels) const;

 private:
  std::shared_ptr<Conv> rpn_conv_, rpn_cls_, rpn_reg_;
};

}  // namespace orderscope
