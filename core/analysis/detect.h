// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "core/analysis/detections.h"
#include "core/base/job.h"
#include "core/models/dense/detection_settings.h"
#include "core/models/model.h"
#include "core/models/taps.h"
#include "core/trace/trace.h"

namespace orderscope {

struct DetectOptions {
  std::optional<DetectionSettings> settings{};  ///< instead of those of the model's own test
  Taps* taps = nullptr;                         ///< sees the steps' taps and Detector::roi_tap_names
  bool masks = true;                            ///< else boxes alone, which is faster
};

/// Whole-image detection as mmdetection 2.28's test does it (test_mixins.py, cascade_roi_head.py): proposals, box
/// stages, softmax of the mean logits, boxes scaled back to the original image and clipped before, NMS there, masks of
/// what is left. `image` is [1, 3, H, W], normalised and padded; `frame` tells what of it is picture.
/// Errors: InvalidInput (no detector, input size, a frame that does not fit), Cancelled, OutOfMemory.
Result<Detections> detect(const Model& model, const at::Tensor& image, const DetectionFrame& frame,
                          const DetectOptions& options, const JobContext& job = {});

/// The class probability of a detection as a function of the pyramid: softmax of the mean of the stages' logits, the
/// RoIs of all stages held constant. What box-score Grad-CAM and the order maps of a box explain.
/// `settings` as for `detect`. Errors:
/// InvalidInput if the model is no detector.
Result<Target> box_target(std::shared_ptr<const Model> model, const Detection& detection,
                          const std::optional<DetectionSettings>& settings);

/// The taps of the pyramid levels that a detection's RoIs are read from, one a level: the only ones that its score's
/// gradient reaches. Of a cascade the stages may read different ones. Errors: as box_target.
Result<std::vector<std::string>> levels_read(const Model& model, const Detection& detection,
                                             const std::optional<DetectionSettings>& settings);

}  // namespace orderscope
