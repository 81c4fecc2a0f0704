// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/class_scores.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace orderscope {

std::vector<ClassScore> class_scores(const Model& model, const at::Tensor& logits) {
  const at::Tensor first = logits[0].to(at::kCPU);
  const at::Tensor probabilities = at::softmax(first, 0);
  std::vector<ClassScore> scores;
  for (int c = 0; c < model.architecture.classes; ++c)
    scores.push_back({c, model.class_name(c), first[c].item<float>(), probabilities[c].item<float>()});
  std::stable_sort(scores.begin(), scores.end(),
                   [](const ClassScore& a, const ClassScore& b) { return a.logit > b.logit; });
  return scores;
}

}  // namespace orderscope
