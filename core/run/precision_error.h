// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/base/job.h"
#include "core/models/model.h"

namespace orderscope {

/// How far a classifier of reduced precision is from the same in float32.
struct PrecisionError {
  double logits = 0;            ///< largest difference of a logit, as a share of the largest logit of float32
  std::int64_t images = 0;      ///< that were compared
  std::int64_t same_class = 0;  ///< of them, with the same most likely class

  std::string text() const;  ///< "bfloat16 beside float32: logits off by 0.8 % of the largest; ..."
};

/// Opens the model's file again in float32 and runs both on images [N, 3, H, W]. Errors: as load_model and Trace.
Result<PrecisionError> precision_error(const Model& reduced, const at::Tensor& images, const JobContext& job = {});

}  // namespace orderscope
