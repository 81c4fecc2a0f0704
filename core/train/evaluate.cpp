// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/evaluate.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/train/augment.h"

namespace orderscope {

namespace {

/// Logits [N, classes] on the CPU to predictions.
void append(const at::Tensor& logits, std::span<const int> labels, std::vector<Prediction>& predictions) {
  const at::Tensor target = at::tensor(std::vector<int64_t>(labels.begin(), labels.end()), at::kLong).unsqueeze(1);
  const at::Tensor log_probabilities = logits.log_softmax(1), probabilities = log_probabilities.exp();
  const auto [confidence, predicted] = probabilities.max(1);
  const at::Tensor loss = -log_probabilities.gather(1, target).squeeze(1);
  const at::Tensor rank = logits.gt(logits.gather(1, target)).sum(1);
  // sum_k p_k^2 - 2 p_label + 1
  const at::Tensor brier = probabilities.square().sum(1) - 2 * probabilities.gather(1, target).squeeze(1) + 1;
  for (std::int64_t i = 0; i < logits.size(0); ++i) {
    predictions.push_back({labels[i], static_cast<int>(predicted[i].item<std::int64_t>()),
                           static_cast<int>(rank[i].item<std::int64_t>()), confidence[i].item<float>(),
                           loss[i].item<float>(), brier[i].item<float>()});
  }
}

}  // namespace

Result<std::vector<Prediction>> predict(const Backbone& backbone, const ImageCache& images,
                                        const std::vector<int>& labels, const Preprocessing& how, int batch,
                                        const JobContext& job) {
  const int classes = backbone.architecture().classes;
  for (const int label : labels) {
    if (label >= 0 && label < classes) continue;
    return fail(Error::Kind::InvalidInput,
                "label " + std::to_string(label) + " is none of the network's " + std::to_string(classes) + " classes");
  }
  TRY_VOID(backbone.check_input(how.size, how.size));

  const auto count = static_cast<std::int64_t>(labels.size());
  const int64_t size = how.size;
  const at::Device device = backbone.parameters().front().device();
  std::vector<Prediction> predictions;
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
      const at::Tensor logits = backbone.forward(input.permute({0, 3, 1, 2}).to(device)).to(at::kCPU);
      append(logits, std::span(labels).subspan(first, n), predictions);
    }));
  }
  return predictions;
}

Accuracy accuracy_of(std::span<const Prediction> predictions) {
  Accuracy accuracy;
  accuracy.images = static_cast<std::int64_t>(predictions.size());
  if (predictions.empty()) return accuracy;
  for (const Prediction& p : predictions) {
    accuracy.top1 += p.predicted == p.label;
    accuracy.top5 += p.label_rank < 5;
    accuracy.loss += p.loss;
  }
  const auto count = static_cast<double>(predictions.size());
  accuracy.top1 /= count;
  accuracy.top5 /= count;
  accuracy.loss /= count;
  return accuracy;
}

}  // namespace orderscope
