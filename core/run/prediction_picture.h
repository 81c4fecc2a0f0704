// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/image/detection_overlay.h"
#include "core/models/model.h"
#include "core/run/dense_prediction.h"

namespace orderscope {

/// Names and colours of the model's classes, for drawing.
std::vector<ClassLook> class_looks(const Model& model);

/// A prediction over its picture: a segmenter's classes in the colours of its palette, half transparent; a detector's
/// masks, boxes and names, from a score of 0.3 on or else the best one; of a backbone the picture alone. No side of it
/// is longer than `longest` pixels. Errors: OutOfMemory.
Result<Image> draw_prediction(const DensePrediction& prediction, const Model& model, int longest);

}  // namespace orderscope
