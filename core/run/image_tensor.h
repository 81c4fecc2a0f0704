// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "core/image/image.h"

namespace orderscope {

/// The normalised picture as a batch of one: [1, 3, H, W], float32.
at::Tensor image_tensor(const InputImage& image);

}  // namespace orderscope
