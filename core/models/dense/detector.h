// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/models/dense/dense_network.h"
#include "core/models/dense/fpn.h"
#include "core/models/dense/roi_head.h"
#include "core/models/dense/rpn_head.h"

namespace orderscope {

/// Mask R-CNN and Cascade Mask R-CNN on a backbone with levels (mmdetection 2.28, TwoStageDetector), HorFPN's neck
/// included; without mask heads Faster and Cascade R-CNN. Its steps end with the maps of the region proposal network,
/// which do not depend on any decision; what follows does and is run by `detect` (core/analysis/detect.h).
class Detector : public DenseNetwork {
 public:
  Detector(std::shared_ptr<Backbone> pyramid, const DenseArchitecture& dense);

  /// With 1000 proposals and 100 masks, as the official test allows.
  int64_t macs(int64_t height, int64_t width) const override;

  /// From what the last step gave: the levels [1, h, w, C] that RoIs are read from, finest first; and the proposals.
  std::vector<at::Tensor> roi_levels(const Activations& output) const;
  Proposals proposals(const Activations& output, const PixelSize& image, const RpnSettings& settings) const;
  const RoiHead& roi_head() const { return *roi_head_; }

  /// The tap of a level that RoIs are read from: "neck.fpn_convs.1".
  std::string roi_level_name(std::size_t level) const { return neck_->outputs("neck").at(level); }

  /// What passes by beyond the steps: rpn_head.proposals [n, 5] and the RoI head's, under roi_head.
  std::vector<std::string> roi_tap_names() const;

 private:
  std::vector<int64_t> strides_;  ///< of the pyramid
  std::shared_ptr<Fpn> neck_;
  std::shared_ptr<RpnHead> rpn_head_;
  std::shared_ptr<RoiHead> roi_head_;
};

/// Errors: Unsupported where the weights leave open what the official configurations do not settle, or where the
/// `config` that the file brings along (may be empty) has other anchors, deltas or RoIs.
Result<void> check_detector(const Architecture& backbone, const DenseArchitecture& dense,
                            const std::string& config = {});

}  // namespace orderscope
