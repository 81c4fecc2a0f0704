// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/analysis/descriptor.h"
#include "core/base/result.h"

namespace orderscope {

/// How alike two models judge an image.
struct ScoreAgreement {
  bool same_top1 = false;
  double js_divergence = 0;     ///< Jensen-Shannon, of the class probabilities, bits: 0 the same, 1 disjoint
  double rank_correlation = 0;  ///< Spearman's, of the class scores; ties share their rank; NaN if all scores are equal
};

const MethodDescriptor& agreement_descriptor();

/// One entry an image. `a` and `b`: logits [N, classes] of two models for the same images and classes. Errors:
/// InvalidInput if the shapes differ or there are fewer than two classes. NaN logits give NaN.
Result<std::vector<ScoreAgreement>> score_agreement(const at::Tensor& a, const at::Tensor& b);

}  // namespace orderscope
