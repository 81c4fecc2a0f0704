// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/evaluate.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/train/augment.h"

namespace orderscope {

Result<Accuracy> evaluate(const Backbone& backbone, const ImageCache& images, const std::vector<int>& labels,
                          const Preprocessing& how, int batch, const JobContext& job) {
  const int classes = backbone.architecture().classes;
  for (const int label : labels) {
    if (label >= 0 && label < classes) continue;
    return fail(Error::Kind::InvalidInput,
                "label " + std::to_string(label) + " is none of the network's " + std::to_string(classes) + " classes");
  }
  TRY_VOID(backbone.check_input(how.size, how.size));

  const auto count = static_cast<std::int64_t>(labels.size());
  const int64_t size = how.size;
  Accuracy total;
  for (std::int64_t first = 0; first < count; first += batch) {
    TRY_VOID(job.check());
    job.progress(first, count, "evaluating");
    const std::int64_t n = std::min<std::int64_t>(batch, count - first);
    at::Tensor input = at::empty({n, size, size, 3});
    for (std::int64_t i = 0; i < n; ++i) {
      TRY(const auto image, images.get(static_cast<std::size_t>(first + i)));
      normalize(*image, how, input.mutable_data_ptr<float>() + i * size * size * 3);
    }
    TRY_VOID(guarded([&] {
      const at::InferenceMode inference;
      const std::vector<int64_t> own(labels.begin() + first, labels.begin() + first + n);
      const at::Tensor target = at::tensor(own, at::kLong);
      const at::Tensor logits = backbone.forward(input.permute({0, 3, 1, 2})).to(at::kCPU);
      const at::Tensor best = std::get<1>(logits.topk(std::min(5, classes), 1));
      const at::Tensor hits = best.eq(target.unsqueeze(1));
      total.top1 += hits.select(1, 0).sum().item<double>();
      total.top5 += hits.sum().item<double>();
      total.loss += at::cross_entropy_loss(logits, target, {}, at::Reduction::Sum).item<double>();
    }));
  }
  total.images = count;
  if (count > 0) {
    total.top1 /= static_cast<double>(count);
    total.top5 /= static_cast<double>(count);
    total.loss /= static_cast<double>(count);
  }
  return total;
}

}  // namespace orderscope
