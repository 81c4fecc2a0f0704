// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "core/analysis/descriptor.h"
#include "core/base/result.h"

namespace orderscope {

/// How two arrays differ. Places where either holds NaN or Inf are left out of all figures but the counts.
struct ArrayDifference {
  at::Tensor difference;  ///< a - b, float64; NaN where either is not finite
  double max_abs = 0, mean_abs = 0;
  double relative = 0;          ///< max |a - b| / max |a|; NaN if a is zero everywhere and b is not
  double correlation = 0;       ///< Pearson's; NaN if either is the same everywhere
  double max_a = 0, max_b = 0;  ///< largest magnitudes
  std::int64_t values = 0;
  std::int64_t not_finite_a = 0, not_finite_b = 0;
  std::int64_t not_finite_unlike = 0;  ///< places where the two do not hold the same NaN or Inf
};

const MethodDescriptor& array_difference_descriptor();

/// Errors: InvalidInput if the shapes differ (says how, and whether two maps differ in resolution only) or if there are
/// no values, OutOfMemory.
Result<ArrayDifference> array_difference(const at::Tensor& a, const at::Tensor& b);

}  // namespace orderscope
