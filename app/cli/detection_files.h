// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/analysis/detections.h"
#include "core/base/job.h"
#include "core/models/dense/detection_settings.h"
#include "core/models/model.h"

namespace orderscope::cli {

/// As the file that --config names has them.
nlohmann::json to_json(const DetectionSettings& settings);

/// COCO's numbers for the model's labels: the official ones where its classes are COCO's 80, else label + 1.
std::vector<std::int64_t> coco_category_ids(const Model& model);

/// Entries of COCO's results format, [{image_id, category_id, bbox, score, segmentation}]: what COCO.loadRes takes.
nlohmann::json coco_results(const Detections& detections, std::int64_t image,
                            const std::vector<std::int64_t>& category_ids);

/// Writes boxes.npy [n, 5] (x1, y1, x2, y2, score), labels.npy [n] and, from a detector with masks, masks.npy
/// [n, H, W] (uint8, one mask in memory at a time). Errors: Cancelled, FileAccess.
Result<void> write_detection_arrays(const Detections& detections, const std::filesystem::path& folder,
                                    const JobContext& job = {});

}  // namespace orderscope::cli
