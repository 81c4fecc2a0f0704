// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "core/base/result.h"

namespace orderscope {

/// Images for methods that look at many, by index, so that two models can be shown the same ones and nothing has to be
/// held at once. `image` gives [1, 3, H, W], float32, prepared for the model and on its device.
struct TensorSource {
  std::int64_t count = 0;
  std::function<Result<at::Tensor>(std::int64_t index)> image;
};

}  // namespace orderscope
