// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/finite_logits.h"

#include <ATen/ATen.h>

namespace orderscope {

Result<void> check_finite_logits(const at::Tensor& logits) {
  if (at::isfinite(logits).all().item<bool>()) return {};
  return fail(Error::Kind::InvalidInput, "the logits hold NaN or Inf, so there is nothing to compare", "input",
              "look for NaN in the image and the weights");
}

}  // namespace orderscope
