// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "core/analysis/method.h"
#include "core/run/dense_input.h"
#include "core/run/dense_prediction.h"
#include "core/run/inspection.h"

namespace orderscope {

/// A photo in a segmenter or detector and what was predicted: all that explanations of it start from. Nobody changes it
/// once it was predicted, so several workers may look at it at once.
struct DenseSubject {
  std::shared_ptr<const Model> model;
  DenseInput dense;
  InputImage input;  ///< the picture and where it lies in the photo
  Provenance provenance;
  std::shared_ptr<DensePrediction> prediction = std::make_shared<DensePrediction>();
  std::vector<ClassScore> scores;  ///< see DenseInspection::scores
  at::Tensor labels;               ///< [H, W], int32, of a segmenter

  at::Tensor images() const;  ///< [1, 3, H, W], on the model's device

  /// The score that a question is about: class logits summed over pixels, or the probability of a box. Errors:
  /// InvalidInput (nothing of that number, a region outside the photo or with no box in it, a model without a head).
  Result<Target> target(const DenseQuestion& question, const Trace& trace) const;
};

/// The same for methods, which ask for it once their forward pass is done.
TargetChooser chooser_of(std::shared_ptr<const DenseSubject> subject, DenseQuestion question);

/// Prepares a photo. Errors: InvalidInput (a classifier), OutOfMemory.
Result<std::shared_ptr<DenseSubject>> dense_subject(std::shared_ptr<const Model> model, const DecodedImage& photo);

/// Adds what the official test predicts; `trace` is of the subject's images, all of them at once. A backbone whose head
/// is not known predicts nothing. Errors: Cancelled, OutOfMemory.
Result<void> predict(DenseSubject& subject, const Trace& trace, const JobContext& job = {});

}  // namespace orderscope
