// SPDX-License-Identifier: GPL-3.0-or-later
// What a batch run keeps of a photo in a segmenter or detector.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/analysis/detect.h"
#include "core/analysis/finite_logits.h"
#include "core/analysis/grad_cam.h"
#include "core/analysis/region_target.h"
#include "core/analysis/segment.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/run/batch_figures.h"
#include "core/run/batch_measure.h"

namespace orderscope {

namespace {

constexpr std::int64_t kStripBytes = std::int64_t{64} << 20;

struct ClassSums {
  std::vector<std::int64_t> pixels;
  std::vector<double> probability;  ///< summed over them
};

/// By class, over logits [1, classes, H, W] and their labels [H, W]; in strips of rows, for the probabilities of a
/// photo in 150 classes take as much again as its logits.
ClassSums sums_of(const at::Tensor& logits, const at::Tensor& labels) {
  const at::NoGradGuard no_grad;
  const std::int64_t classes = logits.size(1), height = logits.size(2), width = logits.size(3);
  const std::int64_t strip = std::clamp<std::int64_t>(kStripBytes / (4 * classes * width), 1, height);
  at::Tensor counts = at::zeros({classes}, at::kLong), sums = at::zeros({classes}, at::kDouble);
  for (std::int64_t top = 0; top < height; top += strip) {
    const std::int64_t rows = std::min(strip, height - top);
    const at::Tensor own = labels.narrow(0, top, rows).to(at::kLong);
    const at::Tensor p = at::softmax(logits[0].narrow(1, top, rows), 0).gather(0, own.unsqueeze(0)).flatten();
    counts += at::bincount(own.flatten(), {}, classes);
    sums += at::bincount(own.flatten(), p.to(at::kDouble), classes);
  }
  const auto* count = counts.const_data_ptr<std::int64_t>();
  const auto* sum = sums.const_data_ptr<double>();
  return {{count, count + classes}, {sum, sum + classes}};
}

BatchRegion region_of(const Detection& detection, const DetectionFrame& frame) {
  const Box& b = detection.box;
  const double area = std::max(0.0, double(b[2]) - double(b[0])) * std::max(0.0, double(b[3]) - double(b[1]));
  const std::int64_t pixels = detection.mask ? detection.mask->area() : std::llround(area);
  const double picture = static_cast<double>(frame.original.height) * static_cast<double>(frame.original.width);
  return {detection.label, double(detection.score), pixels, static_cast<double>(pixels) / picture, b};
}

/// What the row says at a glance: the first region.
void take_first(StoredResult& result) {
  if (result.regions.empty()) return;
  result.predicted = result.regions.front().class_index;
  result.confidence = result.regions.front().score;
}

}  // namespace

Result<BatchMeasure::Explained> BatchMeasure::find_regions(const Trace& trace, const DenseInput& input,
                                                           StoredResult& result, const JobContext& job) {
  const at::Tensor& images = trace.images();
  TRY(at::Tensor logits, test_logits(*model_, trace, job));
  logits = logits.cpu();
  if (!check_finite_logits(logits)) {
    result.note = "the logits are not finite";
    return Explained{};
  }
  TRY(const at::Tensor labels, labels_at(logits, images.size(2), images.size(3), job));
  ClassSums sums;
  TRY_VOID(guarded([&] { sums = sums_of(logits, labels); }));
  const auto total = static_cast<double>(labels.numel());
  for (std::size_t c = 0; c < sums.pixels.size(); ++c) {
    if (sums.pixels[c] == 0) continue;
    const auto pixels = static_cast<double>(sums.pixels[c]);
    result.regions.push_back(
        {static_cast<int>(c), sums.probability[c] / pixels, sums.pixels[c], pixels / total, std::nullopt});
    put(result, {"area." + std::to_string(c), "", {}, {}, 0, "area"}, pixels / total);
  }
  std::ranges::stable_sort(result.regions, std::ranges::greater(), &BatchRegion::pixels);
  put(result, {"regions.count", "", {}, {}, 0, "count"}, static_cast<double>(result.regions.size()));
  put(result, {"regions.mean_score", "", {}, {}, 0, "mean_score"},
      std::accumulate(sums.probability.begin(), sums.probability.end(), 0.0) / total);
  take_first(result);

  Explained explained{std::nullopt, cam_layer_};
  if (!config_.gradients) return explained;
  RegionRequest request;
  request.photo = input.original;
  request.mask = labels.eq(*result.predicted);
  TRY(explained.target, region_target(std::move(request))(trace, result.predicted));
  return explained;
}

Result<BatchMeasure::Explained> BatchMeasure::find_boxes(const Trace& trace, const DenseInput& input,
                                                         StoredResult& result, const JobContext& job) {
  const DetectionFrame frame{{input.resized[0], input.resized[1]}, {input.original[0], input.original[1]}};
  TRY(const Detections detections, detect(*model_, trace.images(), frame, {}, job));
  std::map<int, int> counts;
  double sum = 0;
  for (const Detection& one : detections.found) {
    result.regions.push_back(region_of(one, frame));
    ++counts[one.label];
    sum += double(one.score);
  }
  const auto count = static_cast<double>(detections.found.size());
  put(result, {"regions.count", "", {}, {}, 0, "count"}, count);
  if (count > 0) put(result, {"regions.mean_score", "", {}, {}, 0, "mean_score"}, sum / count);
  for (const auto& [label, times] : counts)
    put(result, {"count." + std::to_string(label), "", {}, {}, 0, "count"}, times);
  take_first(result);
  if (detections.found.empty()) {
    result.note = "nothing was found";
    return Explained{};
  }
  Explained explained;
  if (!config_.gradients) return explained;
  TRY(explained.target, box_target(model_, detections.found.front(), {}));
  TRY(const auto levels, levels_read(*model_, detections.found.front(), {}));
  explained.cam_layer = levels.front();
  return explained;
}

Result<void> BatchMeasure::explain_whole(Trace& trace, const Explained& explained, StoredResult& result,
                                         const JobContext& job) {
  if (explained.target) TRY_VOID(trace.backward(*explained.target, job));
  Result<void> done;
  TRY_VOID(guarded([&] {
    add_orders(trace, 0, result);
    if (!explained.target) return;
    if (const auto map = grad_cam(trace, kCamProbe, explained.cam_layer))
      put_map(result, "cam", *map, keeps("cam"));
    else
      result.note = "cam: " + map.error().message();
    if (methods_.empty()) return;
    const Subject subject{model_, trace.images(), [target = *explained.target](const Trace&, std::optional<int>) {
                            return Result<Target>(target);
                          }};
    done = add_methods({subject, explained.target->class_index, result}, job);
  }));
  return done;
}

Result<StoredResult> BatchMeasure::measure_whole(const DecodedImage& photo, const DensePreprocessing& how,
                                                 ExifOrientation exif, const JobContext& job) {
  StoredResult result;
  result.model = index_;
  const auto measure = [&]() -> Result<void> {
    TRY(const DenseInput input, prepare_dense(photo, how, exif));
    const at::Tensor images = input.input.images.to(at::Device(model_->device));
    TRY(Trace trace, Trace::forward(model_->backbone, images, probes_, {}, job));
    Explained explained;
    if (model_->is_segmenter()) {
      TRY(explained, find_regions(trace, input, result, job));
    } else if (model_->is_detector()) {
      TRY(explained, find_boxes(trace, input, result, job));
    } else {
      result.note = "the model's head is not known: it finds nothing";
    }
    return explain_whole(trace, explained, result, job);
  };
  const auto done = measure();
  if (done) return result;
  const Error::Kind kind = done.error().kind;
  if (kind == Error::Kind::Cancelled || kind == Error::Kind::OutOfMemory) return fail(done.error());
  result.note = done.error().message();
  return result;
}

}  // namespace orderscope
