// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/pixel_removal.h"

#include <ATen/ATen.h>

#include <cmath>

namespace orderscope {

ImageScore class_probability(std::shared_ptr<const Backbone> backbone, int class_index, const JobContext& job) {
  return [backbone = std::move(backbone), class_index, job](std::int64_t count, const ImageMaker& image,
                                                            std::string_view activity) -> Result<at::Tensor> {
    TRY(const at::Tensor logits, image_logits(backbone, count, image, activity, job));
    return at::softmax(logits.to(at::kCPU, at::kDouble), 1).select(1, class_index).contiguous();
  };
}

at::Tensor enlarged(const Map& map, std::int64_t height, std::int64_t width) {
  const at::Tensor values = at::tensor(map.values).view({1, 1, map.height, map.width});
  if (map.height == height && map.width == width) return values[0][0];
  return at::upsample_bilinear2d(values, {height, width}, /*align_corners=*/false)[0][0];
}

at::Tensor pixel_order(const at::Tensor& saliency) {
  return at::argsort(saliency.flatten(), /*stable=*/true, /*dim=*/0, /*descending=*/true);
}

Result<Curve> replacement_curve(const std::string& name, const at::Tensor& image, const at::Tensor& baseline,
                                const at::Tensor& order, int steps, const ImageScore& score) {
  const std::int64_t pixels = order.size(0);
  const at::Tensor from = image.flatten(1), to = baseline.flatten(1);
  const at::Tensor places = order.to(image.device());
  const auto replaced = [&](std::int64_t i) {
    const auto share = static_cast<double>(i) / steps;
    const at::Tensor first = places.slice(0, 0, std::llround(share * static_cast<double>(pixels)));
    return from.index_copy(1, first, to.index_select(1, first)).view_as(image);
  };
  TRY(const at::Tensor scores, score(steps + 1, replaced, name));
  Curve curve{name, "share of pixels replaced", "probability", {}, {}};
  for (int i = 0; i <= steps; ++i) {
    curve.x.push_back(static_cast<double>(i) / steps);
    curve.y.push_back(scores[i].item<double>());
  }
  return curve;
}

double area_under(const Curve& curve) {
  double area = 0;
  for (std::size_t i = 1; i < curve.x.size(); ++i)
    area += (curve.x[i] - curve.x[i - 1]) * (curve.y[i] + curve.y[i - 1]) / 2;
  return area;
}

}  // namespace orderscope
