// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/patch_game.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdlib>

#include "core/analysis/baseline_image.h"
#include "core/analysis/image_scores.h"
#include "core/base/guard.h"

namespace orderscope {

Result<Game> PatchGame::game(std::string key, const JobContext& job) const {
  const std::int64_t height = subject.image.size(2), width = subject.image.size(3);
  const int classes = subject.model->architecture.classes;
  if (grid < 2 || grid > std::min(height, width)) {
    return fail(Error::Kind::InvalidInput,
                "an image of " + std::to_string(height) + " x " + std::to_string(width) + " has no " +
                    std::to_string(grid) + " x " + std::to_string(grid) + " patches",
                "grid");
  }
  if (classes < 2)
    return fail(Error::Kind::InvalidInput, "the odds of a class need a second class", subject.model->name);
  if (class_index < 0 || class_index >= classes) {
    return fail(Error::Kind::InvalidInput, "the model has no such class", "class " + std::to_string(class_index),
                "classes are 0 to " + std::to_string(classes - 1));
  }
  const at::Tensor hidden = baseline_image(subject, baseline);
  const JobContext quiet{job.stop, {}};
  return Game{std::move(key),
              [self = *this, hidden, quiet](std::span<const Coalition> coalitions) -> Result<std::vector<double>> {
                const auto maker = [&](std::int64_t i) {
                  return self.masked(coalitions[static_cast<std::size_t>(i)], hidden);
                };
                TRY(const at::Tensor logits,
                    image_logits(self.subject.model->backbone, std::ssize(coalitions), maker, "masked images", quiet));
                return log_odds(logits, self.class_index);
              }};
}

at::Tensor PatchGame::masked(const Coalition& present, const at::Tensor& baseline_pixels) const {
  const at::Tensor image = subject.image[0];
  const auto patch_of = [&](std::int64_t side) { return at::arange(side, at::kLong).mul(grid).div(side, "floor"); };
  at::Tensor shown = at::empty({grid, grid}, at::kBool);
  std::copy(present.begin(), present.end(), shown.mutable_data_ptr<bool>());
  shown = shown.index_select(0, patch_of(image.size(1))).index_select(1, patch_of(image.size(2)));
  return at::where(shown.to(image.device()), image, baseline_pixels);
}

std::vector<double> log_odds(const at::Tensor& logits, int class_index) {
  const at::Tensor rows = logits.to(at::kCPU, at::kDouble);
  const std::int64_t classes = rows.size(1);
  const at::Tensor others =
      at::cat({rows.narrow(1, 0, class_index), rows.narrow(1, class_index + 1, classes - class_index - 1)}, 1);
  const at::Tensor odds = (rows.select(1, class_index) - at::logsumexp(others, 1)).contiguous();
  const double* data = odds.const_data_ptr<double>();
  return {data, data + odds.numel()};
}

std::vector<std::pair<int, int>> neighbours(int grid, int distance) {
  std::vector<std::pair<int, int>> pairs;
  for (int i = 0; i < grid * grid; ++i)
    for (int j = i + 1; j < grid * grid; ++j)
      if (std::abs(i / grid - j / grid) <= distance && std::abs(i % grid - j % grid) <= distance)
        pairs.emplace_back(i, j);
  return pairs;
}

}  // namespace orderscope
