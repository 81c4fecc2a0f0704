// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

#include "core/base/wilson.h"
#include "core/train/evaluate.h"

namespace orderscope {

struct ClassAccuracy {
  std::int64_t images = 0, hits = 0, top5_hits = 0;
  std::int64_t predicted = 0;  ///< pictures, of any class, that were taken for this one
};

/// Pictures by confidence, for the reliability diagram.
struct ConfidenceBin {
  double low = 0, high = 0;
  std::int64_t images = 0;
  double confidence = 0, accuracy = 0;  ///< means; 0 without pictures
};

/// What a set of predictions says beyond one figure.
struct ClassificationReport {
  Accuracy overall;
  Interval top1_interval, top5_interval;
  std::vector<ClassAccuracy> classes;
  std::vector<std::int64_t> confusion;  ///< [label][predicted], classes x classes
  std::vector<ConfidenceBin> bins;      ///< 15 of equal width
  double calibration_error = 0;         ///< expected calibration error over the bins (Guo et al., ICML 2017, eq. 3)
  double brier = 0;                     ///< mean
};

/// `classes`: how many the network has; labels and predictions lie below it.
ClassificationReport classification_report(std::span<const Prediction> predictions, int classes);

}  // namespace orderscope
