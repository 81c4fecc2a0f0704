// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "core/analysis/image_scores.h"
#include "core/analysis/values.h"
#include "core/base/result.h"

namespace orderscope {

/// Scores [count] of images that are made one at a time, such as the probability of a class.
using ImageScore =
    std::function<Result<at::Tensor>(std::int64_t count, const ImageMaker& image, std::string_view activity)>;

/// Softmax probability of the class.
ImageScore class_probability(std::shared_ptr<const Backbone> backbone, int class_index, const JobContext& job);

/// The raw map at the image's size [height, width]: bilinear, pixel centres at halves.
at::Tensor enlarged(const Map& map, std::int64_t height, std::int64_t width);

/// Pixels (y * width + x) of a saliency [height, width], the most important first; equal ones in reading order.
at::Tensor pixel_order(const at::Tensor& saliency);

/// Deletion (Petsiuk et al., RISE, BMVC 2018): the score of image [3, H, W] as its pixels are replaced by those of
/// `baseline`, in this order, in `steps` equal parts; steps + 1 points over the share removed. A good map makes the
/// score fall at once. The same from `baseline` to `image` is insertion: there it should rise at once.
Result<Curve> replacement_curve(const std::string& name, const at::Tensor& image, const at::Tensor& baseline,
                                const at::Tensor& order, int steps, const ImageScore& score);

/// Area under a curve by the trapezoidal rule, over its range in x.
double area_under(const Curve& curve);

}  // namespace orderscope
