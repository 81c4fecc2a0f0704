// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/classification_report.h"

#include <algorithm>
#include <cmath>

namespace orderscope {

namespace {

constexpr int kBins = 15;

}  // namespace

ClassificationReport classification_report(std::span<const Prediction> predictions, int classes) {
  ClassificationReport report;
  report.overall = accuracy_of(predictions);
  report.classes.resize(classes);
  report.confusion.resize(static_cast<std::size_t>(classes) * classes);
  for (int i = 0; i < kBins; ++i) report.bins.push_back({double(i) / kBins, double(i + 1) / kBins, 0, 0, 0});

  std::int64_t top1 = 0, top5 = 0;
  for (const Prediction& p : predictions) {
    const bool hit = p.predicted == p.label, in_five = p.label_rank < 5;
    top1 += hit;
    top5 += in_five;
    report.brier += p.brier;
    ClassAccuracy& own = report.classes[p.label];
    ++own.images;
    own.hits += hit;
    own.top5_hits += in_five;
    ++report.classes[p.predicted].predicted;
    ++report.confusion[static_cast<std::size_t>(p.label) * classes + p.predicted];
    // Bins are open below and closed above, as in the paper.
    const int place = std::clamp(static_cast<int>(std::ceil(double(p.confidence) * kBins)) - 1, 0, kBins - 1);
    ConfidenceBin& bin = report.bins[place];
    ++bin.images;
    bin.confidence += p.confidence;
    bin.accuracy += hit;
  }
  const auto count = static_cast<std::int64_t>(predictions.size());
  report.top1_interval = wilson_interval(top1, count);
  report.top5_interval = wilson_interval(top5, count);
  if (count == 0) return report;
  report.brier /= static_cast<double>(count);
  for (ConfidenceBin& bin : report.bins) {
    if (bin.images == 0) continue;
    bin.confidence /= static_cast<double>(bin.images);
    bin.accuracy /= static_cast<double>(bin.images);
    report.calibration_error += std::abs(bin.accuracy - bin.confidence) * static_cast<double>(bin.images) / count;
  }
  return report;
}

}  // namespace orderscope
