// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/analysis/order_ablation.h"
#include "core/image/image.h"

namespace orderscope {

/// What a network still recognises without an order. `order` 0: nothing removed.
struct AblationAccuracy {
  std::string where;
  int order = 0;
  double top1 = 0, top5 = 0;  ///< fractions; top5 is 1 where there are no more than five classes
  double loss = 0;            ///< mean cross entropy
};

struct AblationRun {
  std::vector<AblationAccuracy> rows;  ///< the untouched network first, then as in the sweep
  std::int64_t images = 0;
  std::vector<std::string> skipped;  ///< why each picture that could not be read was left out
};

struct LabelledImages {
  std::vector<std::filesystem::path> files;
  std::vector<int> labels;  ///< of each file
};

/// Accuracy and loss under each ablation of the sweep, in one pass over the pictures: each is run once, and again from
/// each edit on. Errors: InvalidInput for a label that the network lacks, if no picture can be read, or if the logits
/// are not finite without an edit; Cancelled.
Result<AblationRun> ablation_accuracy(const Model& model, const LabelledImages& images, const Preprocessing& how,
                                      ExifOrientation exif, const std::vector<AblatedOrder>& sweep,
                                      const JobContext& job = {});

}  // namespace orderscope
