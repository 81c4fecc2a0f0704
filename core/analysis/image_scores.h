// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "core/base/job.h"

namespace orderscope {

class Backbone;

/// Makes image i of many, [3, H, W], when its turn comes.
using ImageMaker = std::function<at::Tensor(std::int64_t i)>;

/// Logits [count, classes] of many variants of an image, run in batches; progress in images under `activity`. Errors:
/// as Trace::forward.
Result<at::Tensor> image_logits(const std::shared_ptr<const Backbone>& backbone, std::int64_t count,
                                const ImageMaker& image, std::string_view activity, const JobContext& job);

/// Images that fit in one batch of a forward pass, and of one with gradients, which keeps every activation.
std::int64_t forward_batch(const at::Tensor& image);
std::int64_t gradient_batch(const at::Tensor& image);

}  // namespace orderscope
