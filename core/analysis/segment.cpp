// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/segment.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "core/base/guard.h"

namespace orderscope {

namespace {

constexpr std::int64_t kStripBytes = std::int64_t{64} << 20;

/// Positions along one side.
std::vector<std::int64_t> starts(std::int64_t side, std::int64_t crop, std::int64_t stride) {
  const std::int64_t count = std::max<std::int64_t>(side - crop + stride - 1, 0) / stride + 1;
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t end = std::min(i * stride + crop, side);
    all.push_back(std::max<std::int64_t>(end - crop, 0));
  }
  return all;
}

}  // namespace

std::vector<Window> windows_of(std::int64_t height, std::int64_t width, const SegmentationTest& test) {
  if (!test.slide) return {{0, 0, height, width}};
  std::vector<Window> windows;
  for (const std::int64_t y : starts(height, test.crop, test.stride))
    for (const std::int64_t x : starts(width, test.crop, test.stride))
      windows.push_back({y, x, std::min<std::int64_t>(test.crop, height), std::min<std::int64_t>(test.crop, width)});
  return windows;
}

Result<at::Tensor> segment(const Model& model, const at::Tensor& image, const SegmentOptions& options,
                           const JobContext& job) {
  if (!model.is_segmenter()) return fail(Error::Kind::InvalidInput, "is no segmenter", model.name);
  if (image.dim() != 4 || image.size(0) != 1) return fail(Error::Kind::InvalidInput, "needs one image", "input");
  if (options.test.slide && (options.test.crop < 1 || options.test.stride < 1))
    return fail(Error::Kind::InvalidInput, "crop and stride must be positive");
  if (options.test.slide && options.test.stride > options.test.crop)
    return fail(Error::Kind::InvalidInput, "a stride larger than the crop leaves pixels out", {},
                "use a stride of at most " + std::to_string(options.test.crop));
  const std::int64_t height = image.size(2), width = image.size(3), classes = model.architecture.classes;
  const std::vector<Window> windows = windows_of(height, width, options.test);
  at::Tensor sum, count;
  if (windows.size() > 1) {
    TRY_VOID(guarded([&] {
      sum = at::zeros({1, classes, height, width});
      count = at::zeros({1, 1, height, width});
    }));
  }
  for (std::size_t w = 0; w < windows.size(); ++w) {
    TRY_VOID(job.check());
    const Window& at = windows[w];
    JobContext inner = job;
    if (windows.size() > 1) {
      job.progress(static_cast<std::int64_t>(w), static_cast<std::int64_t>(windows.size()), "window");
      inner.report = nullptr;
    }
    const at::Tensor part = image.narrow(2, at.y, at.height).narrow(3, at.x, at.width).contiguous();
    TRY(const Trace trace, Trace::forward(model.backbone, part, options.probes, {}, inner));
    if (options.on_window) TRY_VOID(options.on_window(trace, at, w));
    if (windows.size() == 1) return trace.logits().to(at::kCPU);
    TRY_VOID(guarded([&] {
      const at::NoGradGuard no_grad;
      sum.narrow(2, at.y, at.height).narrow(3, at.x, at.width).add_(trace.logits().to(at::kCPU));
      count.narrow(2, at.y, at.height).narrow(3, at.x, at.width).add_(1);
    }));
  }
  TRY_VOID(guarded([&] { sum.div_(count); }));
  return sum;
}

Result<at::Tensor> test_logits(const Model& model, const Trace& trace, const JobContext& job) {
  const at::Tensor& images = trace.images();
  if (windows_of(images.size(2), images.size(3), model.segmentation_test).size() == 1) return trace.logits();
  job.progress(0, 0, "segmenting");
  return segment(model, images, {model.segmentation_test, {}, {}}, job);
}

Result<at::Tensor> labels_at(const at::Tensor& logits, std::int64_t height, std::int64_t width, const JobContext& job,
                             bool align_corners) {
  const std::int64_t classes = logits.size(1), rows = logits.size(2);
  const std::int64_t strip = std::clamp<std::int64_t>(kStripBytes / (4 * classes * std::max(width, logits.size(3))), 1,
                                                      std::max<std::int64_t>(height, 1));
  const at::ScalarType type = classes <= 256 ? at::kByte : at::kInt;
  at::Tensor labels;
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    labels = at::empty({height, width}, type);
    const bool same = rows == height && logits.size(3) == width;
    const double scale = align_corners
                             ? (height > 1 ? static_cast<double>(rows - 1) / static_cast<double>(height - 1) : 0)
                             : static_cast<double>(rows) / static_cast<double>(height);
    const double offset = align_corners ? 0 : 0.5;
    for (std::int64_t top = 0; top < height; top += strip) {
      throw_if_cancelled(job);
      const std::int64_t count = std::min(strip, height - top);
      at::Tensor part;
      if (same) {
        part = logits.narrow(2, top, count);
      } else {
        // Rows by hand, so that a strip is the same rows of the whole; columns by the library.
        const at::Tensor y =
            ((at::arange(top, top + count, at::kFloat) + offset) * static_cast<float>(scale) - offset).clamp_min(0);
        const at::Tensor above = y.floor().to(at::kLong).clamp_max(rows - 1);
        const at::Tensor below = (above + 1).clamp_max(rows - 1);
        const at::Tensor weight = (y - above).view({1, 1, -1, 1});
        const at::Tensor mixed = logits.index_select(2, above) * (1 - weight) + logits.index_select(2, below) * weight;
        part = logits.size(3) == width ? mixed : at::upsample_bilinear2d(mixed, {count, width}, align_corners);
      }
      labels.narrow(0, top, count).copy_(part[0].argmax(0));
    }
  }));
  return labels;
}

Certainty certainty_of(const at::Tensor& logits) {
  const at::NoGradGuard no_grad;
  const at::Tensor log_p = at::log_softmax(logits[0], 0);
  Certainty certainty;
  certainty.entropy = -(log_p.exp() * log_p).sum(0);
  const std::int64_t best = std::min<std::int64_t>(2, logits.size(1));
  const at::Tensor top = std::get<0>(logits[0].topk(best, 0));
  certainty.gap = best > 1 ? top[0] - top[1] : at::zeros_like(top[0]);
  return certainty;
}

}  // namespace orderscope
