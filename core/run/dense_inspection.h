// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/analysis/detections.h"
#include "core/image/image.h"
#include "core/run/inspection.h"

namespace orderscope {

/// What a segmenter or detector says of a picture, in the pixels of its input.
struct DensePrediction {
  Image picture;                     ///< as the model sees it, padding included
  Image photo;                       ///< as it is
  std::vector<std::int32_t> labels;  ///< of a segmenter: the class of each pixel of `picture`, row by row
  Detections detections;             ///< of a detector: boxes and masks in the pixels of the photo

  bool empty() const { return labels.empty() && detections.found.empty(); }
};

/// One picture in one segmenter or detector: what Inspection is for classifiers. What is explained is a number: of a
/// segmenter a class, over the pixels that the shown prediction gives it; of a detector a box, in the order of
/// prediction().detections. Not thread safe; use it from one worker at a time. No LibTorch in this header.
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

  /// Gradients of a score: class logits summed over the class' pixels, or the probability of a box. `class_index` of
  /// what comes back is the class. Errors: InvalidInput (nothing of that number), Cancelled, OutOfMemory.
  Result<ClassView> explain(int number, const JobContext& job = {});

  /// The score's Grad-CAM at the levels of the backbone and of the pyramid after explain(), raw and signed.
  Result<std::vector<Map>> level_cams() const;

 private:
  DenseInspection();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
