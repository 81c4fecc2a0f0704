// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace orderscope {

/// A picture and its annotation.
struct AnnotatedFile {
  std::filesystem::path image, annotation;
};

/// Pictures under ROOT/images and annotations under ROOT/annotations (ADE20K's layout; sub-folders as "validation" are
/// followed), paired by their path without ending, in the order of their paths. Errors: FileAccess; InvalidInput if
/// there are no pairs. Pictures without annotation are listed in `without`.
struct AnnotatedSet {
  std::vector<AnnotatedFile> files;
  std::vector<std::filesystem::path> without;
};
Result<AnnotatedSet> open_annotated_folder(const std::filesystem::path& root);

/// Which labels a file holds. reduce_zero_label, as for ADE20K: 0 is unlabelled and class c is stored as c + 1.
struct LabelRule {
  bool reduce_zero_label = true;
  std::int32_t ignore = 255;  ///< of the reduced labels

  std::int32_t operator()(std::int32_t stored) const;  ///< the class, or `ignore`
};

/// Pixels of one class: as mmsegmentation counts them, labels beyond the classes are no class, but predictions there
/// still count as predicted.
struct ClassPixels {
  std::int64_t both = 0;  ///< labelled and predicted so
  std::int64_t labelled = 0, predicted = 0;

  std::int64_t either() const { return labelled + predicted - both; }
};

/// Counts over pictures, and the figures of mmsegmentation's mIoU evaluation.
class SegmentationReport {
 public:
  explicit SegmentationReport(int classes) : classes_(static_cast<std::size_t>(classes)) {}

  /// One picture: predictions and stored labels, pixel by pixel. Errors: InvalidInput for different lengths.
  Result<void> add(std::span<const std::int32_t> predicted, std::span<const std::int32_t> stored, LabelRule rule);

  const std::vector<ClassPixels>& classes() const { return classes_; }
  std::int64_t images() const { return images_; }
  std::int64_t pixels() const { return pixels_; }    ///< that count
  std::int64_t unknown() const { return unknown_; }  ///< with a label that the model has no class for
  static double iou(const ClassPixels& c);           ///< NaN for a class neither labelled nor predicted
  static double accuracy(const ClassPixels& c);      ///< NaN for a class that is not labelled
  double mean_iou() const;                           ///< over classes that have one; NaN if none has
  double mean_accuracy() const;
  double pixel_accuracy() const;

 private:
  std::vector<ClassPixels> classes_;
  std::int64_t images_ = 0, pixels_ = 0, unknown_ = 0;
};

}  // namespace orderscope
