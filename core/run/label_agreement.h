// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/analysis/map.h"
#include "core/base/result.h"
#include "core/image/frame.h"
#include "core/models/model.h"
#include "core/run/dense_prediction.h"

namespace orderscope {

/// Classes over a photo as one model numbers them.
struct PlacedLabels {
  std::vector<std::int32_t> labels;  ///< height * width, row by row; below 0: nothing there
  int height = 0, width = 0;
  Frame frame;                     ///< where they lie in the photo
  std::vector<std::string> names;  ///< of the labels: models are compared by names
};

/// A segmenter's classes; of a detector the class of the best mask over each pixel of the photo, of its box where it
/// has no masks, from a score on. `frame`: where the segmenter's input lies in the photo.
PlacedLabels placed_labels(const DensePrediction& prediction, const Model& model, const Frame& frame,
                           double least_score);

/// How far the first two models see a class at the same places.
struct ClassOverlap {
  std::string name;
  double first = 0, second = 0;  ///< share of the common part
  double iou = 0;                ///< intersection over union
};

/// Where several models name other classes on the part of the photo that all of them see.
struct LabelAgreement {
  Frame frame;
  Map differing;                      ///< share of the pairs of models that differ: of two models 0 or 1
  double agreeing = 0;                ///< share of the part on which all name the same, or nothing
  std::vector<ClassOverlap> classes;  ///< that either of the first two sees, the largest first
};

/// On a grid of about `cells` along the longer side, each cell by the pixel in its centre. Errors: InvalidInput (fewer
/// than two models, none of a picture, or crops that do not meet).
Result<LabelAgreement> label_agreement(const std::vector<PlacedLabels>& models, int cells = 256);

}  // namespace orderscope
