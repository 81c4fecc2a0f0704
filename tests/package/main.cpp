// SPDX-License-Identifier: GPL-3.0-or-later
// Prints the sum of what a gnConv gives, and the logits of a checkpoint on a gray image, one a line.
#include <ATen/ATen.h>

#include <cstdio>

#include "core/models/backbone.h"
#include "core/models/gnconv.h"
#include "core/models/model.h"

int main(int argc, char** argv) {
  const at::NoGradGuard no_grad;
  orderscope::GnConv mixer(8, 3, 7, std::nullopt);
  for (at::Tensor& parameter : mixer.parameters()) parameter.fill_(0.5);
  std::printf("gnconv %.9g\n", mixer.forward(at::ones({1, 4, 4, 8}), {}).sum().item<double>());

  if (argc != 2) return 2;
  const auto model = orderscope::load_model(argv[1]);
  if (!model) {
    std::fprintf(stderr, "error: %s\n", model.error().message().c_str());
    return 1;
  }
  const at::Tensor logits = (*model)->backbone->forward(at::full({1, 3, 64, 64}, 0.25));
  for (int64_t i = 0; i < logits.size(1); ++i) std::printf("logit %.9g\n", logits[0][i].item<double>());
  return 0;
}
