// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/image_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/trace/trace.h"

namespace orderscope {

namespace {

std::int64_t batch_of(const at::Tensor& image, std::int64_t pixels) {
  return std::clamp<std::int64_t>(pixels / std::max<std::int64_t>(1, image.size(-2) * image.size(-1)), 1, 32);
}

}  // namespace

// Eight and two images of 224 x 224: enough to fill the matrix products, little enough for a laptop's memory.
std::int64_t forward_batch(const at::Tensor& image) { return batch_of(image, 8 * 224 * 224); }
std::int64_t gradient_batch(const at::Tensor& image) { return batch_of(image, 2 * 224 * 224); }

Result<at::Tensor> image_logits(const std::shared_ptr<const Backbone>& backbone, std::int64_t count,
                                const ImageMaker& image, std::string_view activity, const JobContext& job) {
  const JobContext quiet{job.stop, {}};
  std::vector<at::Tensor> logits;
  for (std::int64_t first = 0; first < count;) {
    TRY_VOID(job.check());
    job.progress(first, count, activity);
    at::Tensor batch;
    TRY_VOID(guarded([&] {
      std::vector<at::Tensor> images{image(first)};
      const std::int64_t size = std::min(forward_batch(images.front()), count - first);
      for (std::int64_t i = 1; i < size; ++i) images.push_back(image(first + i));
      batch = at::stack(images).to(at::kFloat);
    }));
    TRY(const Trace trace, Trace::forward(backbone, batch, {}, {}, quiet));
    logits.push_back(trace.logits());
    first += batch.size(0);
  }
  if (logits.empty()) return fail(Error::Kind::InvalidInput, "no images to score");
  return at::cat(logits);
}

}  // namespace orderscope
