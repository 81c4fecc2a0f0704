// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/train/image_cache.h"

namespace orderscope {

class Backbone;

/// What a network says of one labelled picture.
struct Prediction {
  int label = 0;
  int predicted = 0;     ///< the most likely class
  int label_rank = 0;    ///< how many classes are more likely than the label
  float confidence = 0;  ///< probability of the predicted class
  float loss = 0;        ///< cross entropy, without smoothing
  float brier = 0;       ///< sum over classes of (probability - truth)^2 (Brier 1950)
};

struct Accuracy {
  std::int64_t images = 0;
  double top1 = 0, top5 = 0;  ///< fractions of the pictures; top5 is 1 where there are no more than five classes
  double loss = 0;            ///< mean cross entropy
};

/// Classifies pictures made by load_preprocessed(how), in order. The network must be in evaluation mode.
/// Errors: those of decoding, Cancelled; InvalidInput for a label that the network does not have.
Result<std::vector<Prediction>> predict(const Backbone& backbone, const ImageCache& images,
                                        const std::vector<int>& labels, const Preprocessing& how, int batch,
                                        const JobContext& job = {});

Accuracy accuracy_of(std::span<const Prediction> predictions);

}  // namespace orderscope
