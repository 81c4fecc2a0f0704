// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "core/train/image_cache.h"

namespace orderscope {

class Backbone;

struct Accuracy {
  std::int64_t images = 0;
  double top1 = 0, top5 = 0;  ///< fractions of the pictures; top5 is 1 where there are no more than five classes
  double loss = 0;            ///< mean cross entropy, without smoothing
};

/// Classifies pictures made by load_preprocessed(how). The network must be in evaluation mode.
/// Errors: those of decoding, Cancelled; InvalidInput for a label that the network does not have.
Result<Accuracy> evaluate(const Backbone& backbone, const ImageCache& images, const std::vector<int>& labels,
                          const Preprocessing& how, int batch, const JobContext& job = {});

}  // namespace orderscope
