// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/detect.h"

#include <ATen/ATen.h>

#include <cstdio>
#include <set>

#include "core/base/guard.h"
#include "core/models/dense/boxes.h"
#include "core/models/dense/detector.h"
#include "core/models/dense/mask_paste.h"
#include "core/models/dense/nms.h"
#include "core/models/dense/test_settings.h"

namespace orderscope {

std::array<float, 2> DetectionFrame::scale() const {
  return {static_cast<float>(double(resized.width) / double(original.width)),
          static_cast<float>(double(resized.height) / double(original.height))};
}

namespace {

Result<std::shared_ptr<const Detector>> detector_of(const Model& model) {
  auto detector = std::dynamic_pointer_cast<const Detector>(model.backbone);
  if (!detector)
    return fail(Error::Kind::InvalidInput, "is no detector", model.name, "open a Mask R-CNN or Cascade Mask R-CNN");
  return detector;
}

double finest_scale(const Model& model, const std::optional<DetectionSettings>& settings) {
  return settings.value_or(detection_test(model)).finest_scale;
}

std::string size_text(const PixelSize& size) {
  return std::to_string(size.height) + " x " + std::to_string(size.width);
}

Result<void> check_frame(const at::Tensor& image, const DetectionFrame& frame) {
  const auto positive = [](const PixelSize& size) { return size.height >= 1 && size.width >= 1; };
  if (!positive(frame.resized) || frame.resized.height > image.size(2) || frame.resized.width > image.size(3))
    return fail(Error::Kind::InvalidInput, "the picture of " + size_text(frame.resized) +
                                               " does not lie in the input of " +
                                               size_text({image.size(2), image.size(3)}));
  constexpr int64_t kLargest = 1 << 16;
  if (!positive(frame.original) || frame.original.height > kLargest || frame.original.width > kLargest)
    return fail(Error::Kind::InvalidInput, "the original size of " + size_text(frame.original) + " makes no sense");
  return {};
}

at::Tensor row(const std::array<float, 2>& scale, const at::TensorOptions& options) {
  return at::tensor({scale[0], scale[1], scale[0], scale[1]}, options);
}

Box box_of(const at::Tensor& boxes, int64_t i) {
  Box box;
  std::copy_n(boxes.const_data_ptr<float>() + 4 * i, 4, box.begin());
  return box;
}

/// Puts the masks [n, side, side] where they belong in the original image; one after the other, so that only their runs
/// are held.
void paste_masks(Detections& detections, const at::Tensor& probabilities, const at::Tensor& mask_rois, double threshold,
                 const JobContext& job) {
  const at::Tensor masks = probabilities.cpu().contiguous();
  const at::Tensor boxes = (mask_rois / row(detections.frame.scale(), mask_rois.options())).cpu().contiguous();
  const int64_t side = masks.size(1);
  for (std::size_t i = 0; i < detections.found.size(); ++i) {
    throw_if_cancelled(job);
    const auto n = static_cast<int64_t>(i);
    const std::span<const float> mask(masks[n].const_data_ptr<float>(), static_cast<std::size_t>(side * side));
    const auto soft = paste_mask(mask, side, box_of(boxes, n), detections.frame.original);
    detections.found[i].mask = encode_mask(binary_mask(soft, static_cast<float>(threshold)), detections.frame.original);
  }
}

}  // namespace

Result<Detections> detect(const Model& model, const at::Tensor& image, const DetectionFrame& frame,
                          const DetectOptions& options, const JobContext& job) {
  const DetectionSettings settings = options.settings.value_or(detection_test(model));
  Taps* const taps = options.taps;
  TRY(const auto detector, detector_of(model));
  if (image.dim() != 4 || image.size(0) != 1 || image.size(1) != model.architecture.in_channels ||
      image.scalar_type() != at::kFloat)
    return fail(Error::Kind::InvalidInput, "a detector takes one float32 image of shape 1 x " +
                                               std::to_string(model.architecture.in_channels) + " x H x W");
  TRY_VOID(check_frame(image, frame));
  TRY_VOID(detector->check_input(image.size(2), image.size(3)));

  Detections detections;
  detections.frame = frame;
  detections.has_masks = detector->roi_head().has_masks() && options.masks;
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    const auto& steps = detector->steps();
    Activations at_hand = TapScope(taps, "").as_is("input", image);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      throw_if_cancelled(job);
      job.progress(static_cast<int64_t>(i), static_cast<int64_t>(steps.size()), steps[i].name);
      at_hand = steps[i].run(at_hand, taps);
    }
    const TapScope rpn(taps, "rpn_head"), roi(taps, "roi_head");
    Proposals proposals = detector->proposals(at_hand, frame.resized, settings.rpn);
    proposals.boxes =
        rpn.as_is("proposals", at::cat({proposals.boxes, proposals.scores.unsqueeze(1)}, 1)).slice(1, 0, 4);
    detections.proposals = static_cast<int>(proposals.boxes.size(0));
    const auto levels = detector->roi_levels(at_hand);
    at_hand = {};
    const auto refined =
        detector->roi_head().refine(levels, proposals.boxes, frame.resized, settings.finest_scale, roi, job);

    const at::Tensor scale = row(frame.scale(), refined.boxes.options());
    const at::Tensor original =
        (refined.boxes.view({refined.boxes.size(0), refined.boxes.size(1) / 4, 4}) / scale).flatten(1);
    const KeptBoxes kept =
        multiclass_nms(original, at::softmax(refined.logits, 1), settings.rcnn.score_thr, settings.rcnn.iou_threshold,
                       settings.rcnn.max_per_img, settings.rcnn.class_agnostic);
    const at::Tensor boxes = kept.boxes.cpu().contiguous(), scores = kept.scores.cpu().contiguous();
    const at::Tensor labels = kept.labels.cpu().contiguous(), rows = kept.rows.cpu().contiguous();
    std::vector<at::Tensor> rois;
    for (const at::Tensor& stage : refined.rois) rois.push_back(stage.index_select(0, kept.rows).cpu().contiguous());
    for (int64_t i = 0; i < boxes.size(0); ++i) {
      Detection one;
      one.box = box_of(boxes, i);
      one.score = scores.const_data_ptr<float>()[i];
      one.label = static_cast<int>(labels.const_data_ptr<int64_t>()[i]);
      one.proposal = static_cast<int>(rows.const_data_ptr<int64_t>()[i]);
      for (const at::Tensor& stage : rois) one.rois.push_back(box_of(stage, i));
      detections.found.push_back(std::move(one));
    }
    if (!detections.has_masks || (detections.found.empty() && !taps)) return;
    const at::Tensor mask_rois = kept.boxes * scale;
    const at::Tensor masks =
        detector->roi_head().masks(levels, mask_rois, kept.labels, settings.finest_scale, roi, job);
    paste_masks(detections, masks, mask_rois, settings.rcnn.mask_thr_binary, job);
  }));
  return detections;
}

Result<Target> box_target(std::shared_ptr<const Model> model, const Detection& detection,
                          const std::optional<DetectionSettings>& settings) {
  TRY(const auto detector, detector_of(*model));
  std::vector<at::Tensor> rois;
  for (const Box& roi : detection.rois)
    rois.push_back(at::tensor(at::ArrayRef<float>(roi.data(), 4)).view({1, 4}).to(at::Device(model->device)));
  char text[160];
  std::snprintf(text, sizeof text, "probability of class %d in the box %.1f,%.1f,%.1f,%.1f", detection.label,
                double(detection.box[0]), double(detection.box[1]), double(detection.box[2]), double(detection.box[3]));
  Target target;
  target.class_index = detection.label;
  target.description = text;
  target.score = [detector, rois, label = detection.label,
                  finest = finest_scale(*model, settings)](const Activations& output) {
    const at::Tensor logits = detector->roi_head().logits(detector->roi_levels(output), rois, finest);
    return at::softmax(logits, 1)[0][label];
  };
  return target;
}

Result<std::vector<std::string>> levels_read(const Model& model, const Detection& detection,
                                             const std::optional<DetectionSettings>& settings) {
  TRY(const auto detector, detector_of(model));
  const double finest = finest_scale(model, settings);
  std::set<int64_t> levels;
  for (const Box& roi : detection.rois) {
    const at::Tensor box = at::tensor(at::ArrayRef<float>(roi.data(), 4)).view({1, 4});
    levels.insert(box_levels(box, finest, static_cast<int64_t>(detector->roi_head().levels())).item<int64_t>());
  }
  std::vector<std::string> names;
  for (const int64_t level : levels) names.push_back(detector->roi_level_name(static_cast<std::size_t>(level)));
  return names;
}

}  // namespace orderscope
