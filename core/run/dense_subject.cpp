// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/dense_subject.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "core/analysis/detect.h"
#include "core/analysis/region_target.h"
#include "core/analysis/segment.h"
#include "core/base/guard.h"

namespace orderscope {

namespace {

Result<void> segment_picture(DenseSubject& subject, const Trace& trace, const JobContext& job) {
  const Model& model = *subject.model;
  const at::Tensor& images = trace.images();
  TRY(const at::Tensor logits, test_logits(model, trace, job));
  TRY(subject.labels, labels_at(logits.cpu(), images.size(2), images.size(3), job));
  return guarded([&] {
    const at::NoGradGuard no_grad;
    at::Tensor& labels = subject.labels;
    labels = labels.to(at::kInt).contiguous();
    const auto* values = labels.const_data_ptr<std::int32_t>();
    subject.prediction->labels.assign(values, values + labels.numel());
    std::vector<std::int64_t> counts(static_cast<std::size_t>(model.architecture.classes));
    for (const std::int32_t label : subject.prediction->labels) ++counts[static_cast<std::size_t>(label)];
    for (int c = 0; c < model.architecture.classes; ++c) {
      const std::int64_t pixels = counts[static_cast<std::size_t>(c)];
      if (pixels == 0) continue;
      const at::Tensor of_class = logits[0][c].cpu().masked_select(labels.eq(c));
      subject.scores.push_back({c, model.class_name(c), of_class.mean().item<float>(),
                                static_cast<float>(static_cast<double>(pixels) / static_cast<double>(labels.numel()))});
    }
    std::ranges::stable_sort(subject.scores, std::ranges::greater(), &ClassScore::probability);
  });
}

Result<void> detect_objects(DenseSubject& subject, const Trace& trace, const JobContext& job) {
  const DenseInput& dense = subject.dense;
  const DetectionFrame frame{{dense.resized[0], dense.resized[1]}, {dense.original[0], dense.original[1]}};
  Detections& detections = subject.prediction->detections;
  TRY(detections, detect(*subject.model, trace.images(), frame, {}, job));
  int number = 0;
  for (const Detection& one : detections.found)
    subject.scores.push_back({number++, subject.model->class_name(one.label), one.score, one.score});
  return {};
}

}  // namespace

std::optional<int> box_in(const Detections& detections, const PhotoRegion& region) {
  const double left = static_cast<double>(region[0]), top = static_cast<double>(region[1]);
  const double right = left + static_cast<double>(region[2]), bottom = top + static_cast<double>(region[3]);
  std::optional<int> best;
  double largest = 0;
  for (std::size_t i = 0; i < detections.found.size(); ++i) {
    const auto [x1, y1, x2, y2] = detections.found[i].box;
    const double w = std::min(right, double(x2)) - std::max(left, double(x1));
    const double h = std::min(bottom, double(y2)) - std::max(top, double(y1));
    if (w <= 0 || h <= 0) continue;
    const double both = w * h;
    const double either =
        (right - left) * (bottom - top) + (double(x2) - double(x1)) * (double(y2) - double(y1)) - both;
    if (both / either <= largest) continue;
    largest = both / either;
    best = static_cast<int>(i);
  }
  return best;
}

at::Tensor DenseSubject::images() const { return dense.input.images.to(at::Device(model->device)); }

Result<Target> DenseSubject::target(const DenseQuestion& question, const Trace& trace) const {
  if (model->is_segmenter()) {
    RegionRequest request;
    request.photo = dense.original;
    std::optional<int> asked = question.number;
    if (question.region) {
      request.box = question.region;
      if (!asked) {
        // What is seen on the screen, which the windows of the test may have decided otherwise than the whole picture.
        TRY(const at::Tensor mask, region_mask(request, labels));
        const at::Tensor inside = labels.masked_select(mask);
        asked = static_cast<int>(at::bincount(inside).argmax().item<std::int64_t>());
      }
    } else {
      request.mask = labels.eq(question.number.value_or(scores.empty() ? 0 : scores.front().index));
    }
    return region_target(std::move(request))(trace, asked);
  }
  if (!model->is_detector())
    return fail(Error::Kind::InvalidInput, "has no head, so there is no score to explain", model->name);
  const auto& found = prediction->detections.found;
  const std::optional<int> in_region =
      question.region ? box_in(prediction->detections, *question.region) : std::nullopt;
  if (question.region && !question.number && !in_region)
    return fail(Error::Kind::InvalidInput, "no box lies in this region", model->name);
  const int number = question.number.value_or(in_region.value_or(0));
  if (number < 0 || static_cast<std::size_t>(number) >= found.size())
    return fail(Error::Kind::InvalidInput, "there is no such box", "box " + std::to_string(number));
  TRY(Target target, box_target(model, found[static_cast<std::size_t>(number)], {}));
  return target;
}

TargetChooser chooser_of(std::shared_ptr<const DenseSubject> subject, DenseQuestion question) {
  return [subject = std::move(subject), question](const Trace& trace, std::optional<int>) {
    return subject->target(question, trace);
  };
}

Result<std::shared_ptr<DenseSubject>> dense_subject(std::shared_ptr<const Model> model, const DecodedImage& photo) {
  if (model->is_classifier()) return fail(Error::Kind::InvalidInput, "is a classifier", model->name);
  auto subject = std::make_shared<DenseSubject>();
  TRY(subject->dense, prepare_dense(photo, model->dense_preprocessing, ExifOrientation::Apply));
  const DenseInput& dense = subject->dense;
  const auto side = [&](std::size_t i) {
    return static_cast<double>(dense.padded[i]) * static_cast<double>(dense.original[i]) /
           static_cast<double>(dense.resized[i]);
  };
  subject->input.pixels = dense.input.picture;
  subject->input.crop = {0, 0, side(1), side(0)};
  subject->input.source_sha256 = photo.sha256;
  subject->input.exif = "apply";
  subject->prediction->picture = dense.input.picture;
  subject->prediction->photo = dense.photo;
  subject->provenance = provenance_of(*model, dense.input);
  subject->model = std::move(model);
  return subject;
}

Result<void> predict(DenseSubject& subject, const Trace& trace, const JobContext& job) {
  if (subject.model->is_segmenter()) return segment_picture(subject, trace, job);
  if (subject.model->is_detector()) return detect_objects(subject, trace, job);
  return {};
}

}  // namespace orderscope
