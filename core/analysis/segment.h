// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/models/model.h"
#include "core/trace/trace.h"

namespace orderscope {

/// A part of the input that goes through the network at once.
struct Window {
  std::int64_t y = 0, x = 0, height = 0, width = 0;
  bool operator==(const Window&) const = default;
};

/// The windows of the official test, row by row: every `stride` pixels, the last ones moved back so that they keep
/// their size; those of an image smaller than the crop are as large as it. Whole: the one that is everything.
std::vector<Window> windows_of(std::int64_t height, std::int64_t width, const SegmentationTest& test);

struct SegmentOptions {
  SegmentationTest test;
  std::vector<Probe> probes;  ///< run on every window
  /// Told the trace of each window after it ran; may be empty. An error stops the run.
  std::function<Result<void>(const Trace& trace, const Window& window, std::size_t index)> on_window;
};

/// Class logits [1, classes, H, W] of one image [1, 3, H, W], as mmsegmentation's EncoderDecoder gives them at test
/// time: each window's logits at its own size, added, and divided by the number of windows over each pixel. One window
/// is held at a time. Errors: InvalidInput (no segmenter, size, crop or stride), Cancelled, OutOfMemory.
Result<at::Tensor> segment(const Model& model, const at::Tensor& image, const SegmentOptions& options,
                           const JobContext& job = {});

/// The same with the model's own test for the images of a trace, whose logits are taken where one window covers all.
Result<at::Tensor> test_logits(const Model& model, const Trace& trace, const JobContext& job = {});

/// The class of each pixel, [height, width], uint8 for up to 256 classes, else int32: logits [1, classes, h, w] brought
/// to that size (bilinear, with the head's align_corners, as mmsegmentation does), then argmax. Goes by strips of rows:
/// the logits of a large photo would not fit. Errors: Cancelled, OutOfMemory.
Result<at::Tensor> labels_at(const at::Tensor& logits, std::int64_t height, std::int64_t width,
                             const JobContext& job = {}, bool align_corners = false);

/// Softmax entropy in nats over the classes, and the gap between the two largest logits: [H, W] each.
struct Certainty {
  at::Tensor entropy, gap;
};
Certainty certainty_of(const at::Tensor& logits);

}  // namespace orderscope
