// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/run/inspection.h"

namespace orderscope {

/// All classes of the first image's logits [N, classes], the most likely first.
std::vector<ClassScore> class_scores(const Model& model, const at::Tensor& logits);

}  // namespace orderscope
