// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/occlusion.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/analysis/baseline_image.h"
#include "core/analysis/cam_layer.h"
#include "core/analysis/cam_rule.h"
#include "core/analysis/image_scores.h"
#include "core/base/guard.h"

namespace orderscope {

namespace {

/// Where windows start along a side: every `stride`, and one that ends at the rim, so that every pixel is covered.
std::vector<std::int64_t> starts(std::int64_t side, std::int64_t window, std::int64_t stride) {
  std::vector<std::int64_t> at;
  for (std::int64_t start = 0; start + window < side; start += stride) at.push_back(start);
  at.push_back(std::max<std::int64_t>(side - window, 0));
  return at;
}

Result<MethodResult> occlusion(const MethodCall& call, const JobContext& job) {
  const at::Tensor image = call.subject.image[0];
  const std::int64_t height = image.size(1), width = image.size(2), side = std::min(height, width);
  std::int64_t window = call.values.integer("window"), stride = call.values.integer("stride");
  if (window == 0) window = std::max<std::int64_t>(1, side / 8);
  if (stride == 0) stride = std::max<std::int64_t>(1, window / 2);
  if (window > side) {
    return fail(Error::Kind::InvalidInput, "a window of " + std::to_string(window) + " pixels does not fit the input",
                {}, "at most " + std::to_string(side));
  }
  if (stride > window) {
    return fail(Error::Kind::InvalidInput, "a stride of " + std::to_string(stride) +
                                               " pixels leaves gaps between windows of " + std::to_string(window));
  }
  const auto rows = starts(height, window, stride), columns = starts(width, window, stride);
  const auto count = static_cast<std::int64_t>(rows.size() * columns.size());
  const auto place = [&](std::int64_t i, const at::Tensor& x) {
    const auto across = static_cast<std::int64_t>(columns.size());
    return x.narrow(-2, rows[static_cast<std::size_t>(i / across)], window)
        .narrow(-1, columns[static_cast<std::size_t>(i % across)], window);
  };
  at::Tensor baseline;
  TRY_VOID(guarded([&] { baseline = baseline_image(call.subject, call.values.text("baseline")); }));
  TRY(const at::Tensor logits, image_logits(
                                   call.subject.model->backbone, count,
                                   [&](std::int64_t i) {
                                     at::Tensor occluded = image.clone();
                                     place(i, occluded).copy_(place(i, baseline));
                                     return occluded;
                                   },
                                   "occlusion", job));
  const double score = call.trace.logits()[0][call.class_index].item<double>();
  const at::Tensor falls = score - logits.select(1, call.class_index).to(at::kCPU, at::kDouble);
  at::Tensor sum = at::zeros({height, width}, at::kDouble), covered = at::zeros({height, width}, at::kDouble);
  for (std::int64_t i = 0; i < count; ++i) {
    place(i, sum).add_(falls[i]);
    place(i, covered).add_(1);
  }
  MethodResult result;
  add_map(result, "input", sum / covered, "logit", /*is_signed=*/true);
  return result;
}

}  // namespace

const Method& occlusion_method() {
  static const MethodDescriptor descriptor{
      "occlusion",
      "Occlusion",
      "Zeiler and Fergus, Visualizing and understanding convolutional networks, ECCV 2014",
      {class_parameter(),
       baseline_parameter(),
       {"window", MethodParameter::Type::Integer, "side in pixels; 0: an eighth of the short side", "0", {}, 0, 16384},
       {"stride", MethodParameter::Type::Integer, "of the window in pixels; 0: half a window", "0", {}, 0, 16384}},
      /*needs_gradient=*/false,
      /*needs_gnconv=*/false,
      "map"};
  static const Method method{descriptor, {}, occlusion};
  return method;
}

}  // namespace orderscope
