// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "core/analysis/method.h"
#include "core/analysis/pixel_removal.h"

namespace orderscope {

/// A rectangle of the image that the model sees, in pixels from its upper left corner.
struct PixelBox {
  int x = 0, y = 0, width = 0, height = 0;
};

struct FaithfulnessSettings {
  int steps = 50;                 ///< points of the deletion and insertion curves, less one
  std::string baseline = "mean";  ///< of deletion, see baseline_image
  double road_noise = 0.01;
  std::uint64_t seed = 0;
  std::optional<PixelBox> box{};  ///< for the pointing game

  static FaithfulnessSettings of(const MethodValues& values);
};

/// The settings by name, with those of the randomisation check.
const MethodDescriptor& faithfulness_descriptor();

/// How well a raw map says what the class' probability rests on. Curves: "deletion" and "insertion" (Petsiuk et al.,
/// RISE, BMVC 2018; insertion starts from the blurred image), "road.morf" and "road.lerf" (Rong et al., ICML 2022).
/// Numbers: the areas "deletion.auc" (small is good) and "insertion.auc" (large is good), "road.combined" (large is
/// good), "average_drop" and "increase_in_confidence" (see confidence_change), with a box "pointing.hit", 1 or 0, and
/// the place of the map's largest value, "pointing.x" and "pointing.y".
/// Errors: InvalidInput for a map with NaN or Inf, a box outside the image; Cancelled, OutOfMemory.
Result<MethodResult> faithfulness(const Subject& subject, const Map& map, int class_index,
                                  const FaithfulnessSettings& settings, const JobContext& job = {});

struct ConfidenceChange {
  double average_drop = 0;  ///< percent of the confidence lost
  int increase = 0;         ///< 1 if it rose
};

/// Average Drop and Increase in Confidence (Chattopadhay et al., Grad-CAM++, WACV 2018, section 4.1) of one image: the
/// means over a data set are theirs. `full` is the class' probability for the image, `explained` that for the image
/// times the map: 100 max(0, full - explained) / full, and whether explained > full.
ConfidenceChange confidence_change(double full, double explained);

/// The map as a mask in 0..1: max(map, 0), less its minimum, over its maximum; all 1 for a map nowhere positive would
/// say what is not so: it is all 0.
at::Tensor explanation_mask(const at::Tensor& saliency);

}  // namespace orderscope
