// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/run/dense_prediction.h"
#include "core/run/inspection.h"

namespace orderscope {

struct DenseSubject;

/// The taps of a segmenter's or detector's levels: those of the backbone as the head is given them, then those of the
/// pyramid. None of a classifier.
std::vector<std::string> level_taps(const Model& model);

/// One picture in one segmenter or detector: what Inspection is for classifiers. Not thread safe; use it from one
/// worker at a time. No LibTorch in this header.
class DenseInspection {
 public:
  /// Forward pass of the whole input and, beside it, the official test: windows of a segmenter, boxes of a detector.
  /// A backbone whose head is not known has maps and no prediction. Errors: InvalidInput (a classifier, a size that the
  /// model does not take), Cancelled, OutOfMemory.
  static Result<std::shared_ptr<DenseInspection>> run(std::shared_ptr<const Model> model, const DecodedImage& photo,
                                                      const JobContext& job = {});
  ~DenseInspection();

  /// What may be explained, the largest first: of a segmenter the classes that are there, their share of the area as
  /// probability and their mean logit over it; of a detector its boxes by number, named after their class.
  const std::vector<ClassScore>& scores() const;
  const std::vector<BlockOrderMaps>& order_maps() const;  ///< one entry a block, HorFPN's included
  const InputImage& input() const;                        ///< the picture and where it lies in the photo
  std::shared_ptr<const DensePrediction> prediction() const;

  /// For more to be asked of it: see OrderInspection, AttributionRun.
  std::shared_ptr<const DenseSubject> subject() const;

  /// Gradients of a score. `class_index` of what comes back is the class. Errors: as DenseSubject::target; Cancelled,
  /// OutOfMemory.
  Result<ClassView> explain(const DenseQuestion& question, const JobContext& job = {});
  Result<ClassView> explain(int number, const JobContext& job = {}) { return explain({number, {}}, job); }

 private:
  DenseInspection();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
