// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "core/base/result.h"

namespace orderscope {

/// Errors: InvalidInput if a logit is NaN or infinite: whatever is compared with it would be too.
Result<void> check_finite_logits(const at::Tensor& logits);

}  // namespace orderscope
