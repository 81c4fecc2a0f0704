// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/detection_files.h"

#include <ATen/ATen.h>

#include "core/base/guard.h"
#include "core/checkpoint/npy.h"
#include "core/checkpoint/npy_rows.h"

namespace orderscope::cli {

namespace {

// COCO numbers 91 categories, of which 80 have instances: annotations/instances_val2017.json.
constexpr std::array<int, 80> kCocoIds{1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                       22, 23, 24, 25, 27, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44,
                                       46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65,
                                       67, 70, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 84, 85, 86, 87, 88, 89, 90};

}  // namespace

nlohmann::json to_json(const DetectionSettings& s) {
  return {
      {"finest_scale", s.finest_scale},
      {"rpn",
       {{"nms_pre", s.rpn.nms_pre},
        {"max_per_img", s.rpn.max_per_img},
        {"nms", {{"type", "nms"}, {"iou_threshold", s.rpn.iou_threshold}, {"class_agnostic", s.rpn.class_agnostic}}},
        {"min_bbox_size", s.rpn.min_bbox_size}}},
      {"rcnn",
       {{"score_thr", s.rcnn.score_thr},
        {"nms", {{"type", "nms"}, {"iou_threshold", s.rcnn.iou_threshold}, {"class_agnostic", s.rcnn.class_agnostic}}},
        {"max_per_img", s.rcnn.max_per_img},
        {"mask_thr_binary", s.rcnn.mask_thr_binary}}}};
}

std::vector<std::int64_t> coco_category_ids(const Model& model) {
  std::vector<std::int64_t> ids;
  if (model.class_names == coco_classes().names) return {kCocoIds.begin(), kCocoIds.end()};
  for (int i = 0; i < model.architecture.classes; ++i) ids.push_back(i + 1);
  return ids;
}

nlohmann::json coco_results(const Detections& detections, std::int64_t image,
                            const std::vector<std::int64_t>& category_ids) {
  nlohmann::json results = nlohmann::json::array();
  for (const Detection& detection : detections.found) {
    const Box& b = detection.box;
    nlohmann::json entry{{"image_id", image},
                         {"category_id", category_ids.at(static_cast<std::size_t>(detection.label))},
                         {"bbox", {b[0], b[1], double(b[2]) - double(b[0]), double(b[3]) - double(b[1])}},
                         {"score", detection.score}};
    if (detection.mask)
      entry["segmentation"] = {{"size", {detection.mask->size.height, detection.mask->size.width}},
                               {"counts", to_coco_text(*detection.mask)}};
    results.push_back(std::move(entry));
  }
  return results;
}

Result<void> write_detection_arrays(const Detections& detections, const std::filesystem::path& folder,
                                    const JobContext& job) {
  const auto count = static_cast<std::int64_t>(detections.found.size());
  at::Tensor boxes = at::empty({count, 5}), labels = at::empty({count}, at::kInt);
  for (std::int64_t i = 0; i < count; ++i) {
    const Detection& detection = detections.found[static_cast<std::size_t>(i)];
    for (int k = 0; k < 4; ++k) boxes[i][k] = detection.box[static_cast<std::size_t>(k)];
    boxes[i][4] = detection.score;
    labels[i] = detection.label;
  }
  TRY_VOID(write_npy(folder / "boxes.npy", boxes));
  TRY_VOID(write_npy(folder / "labels.npy", labels));
  if (!detections.has_masks) return {};
  const auto [height, width] = detections.frame.original;
  at::Tensor pixels = at::empty({height, width}, at::kByte);
  Result<void> written;
  TRY_VOID(guarded([&] {
    written = write_npy_rows(folder / "masks.npy", at::kByte, {count, height, width}, [&](std::int64_t i) {
      throw_if_cancelled(job);
      job.progress(i, count, "writing masks");
      const Detection& detection = detections.found[static_cast<std::size_t>(i)];
      decode_mask(*detection.mask, {pixels.mutable_data_ptr<std::uint8_t>(), static_cast<std::size_t>(pixels.numel())});
      return pixels;
    });
  }));
  return written;
}

}  // namespace orderscope::cli
