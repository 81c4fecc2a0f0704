// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "core/analysis/method.h"

namespace orderscope {

/// Parameter "baseline": what stands for an absent image or a removed pixel.
MethodParameter baseline_parameter();

/// [3, H, W] in the values that the model is fed: "mean", the mean colour of the training images, which normalisation
/// makes 0; "black"; "blur", the image under a Gaussian of sigma 5 pixels (kernel 11, as RISE's insertion; edges
/// reflected).
at::Tensor baseline_image(const Subject& subject, const std::string& name);

}  // namespace orderscope
