// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/baseline_image.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace orderscope {

namespace {

at::Tensor blurred(const at::Tensor& image) {
  constexpr double kSigma = 5;
  // An image may be smaller than the kernel; reflection needs as many pixels as it pads.
  const std::int64_t radius = std::min<std::int64_t>({5, image.size(2) - 1, image.size(1) - 1});
  const at::Tensor offsets = at::arange(-radius, radius + 1, image.options());
  at::Tensor kernel = (offsets * offsets / (-2 * kSigma * kSigma)).exp();
  kernel = kernel / kernel.sum();
  const at::Tensor padded = at::reflection_pad2d(image.unsqueeze(1), {radius, radius, radius, radius});
  const at::Tensor rows = at::conv2d(padded, kernel.view({1, 1, 1, -1}));
  return at::conv2d(rows, kernel.view({1, 1, -1, 1})).squeeze(1);
}

}  // namespace

MethodParameter baseline_parameter() {
  return {"baseline",
          MethodParameter::Type::Choice,
          "what stands for an absent image: the mean colour of the training images, black, or the image blurred",
          "mean",
          {"mean", "black", "blur"},
          0,
          0};
}

at::Tensor baseline_image(const Subject& subject, const std::string& name) {
  const at::Tensor image = subject.image[0];
  if (name == "blur") return blurred(image);
  at::Tensor baseline = at::zeros_like(image);
  if (name == "black") {
    const Preprocessing& how = subject.model->preprocessing;
    for (std::int64_t c = 0; c < std::min<std::int64_t>(3, image.size(0)); ++c)
      baseline[c].fill_(-how.mean[static_cast<std::size_t>(c)] / how.std[static_cast<std::size_t>(c)]);
  }
  return baseline;
}

}  // namespace orderscope
