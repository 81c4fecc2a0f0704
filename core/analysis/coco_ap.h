// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/job.h"
#include "core/base/run_length.h"

namespace orderscope {

/// Boxes and masks of one kind, those that were annotated or those that were found.
struct ApObject {
  std::int64_t image = 0;  ///< any numbers that tell images and categories apart
  std::int64_t category = 0;
  std::array<double, 4> box{};  ///< x, y, width, height
  std::optional<RunLengths> mask;
  double area = 0;      ///< annotated: as the annotation says
  bool crowd = false;   ///< annotated: a region of many, which may match many
  std::int64_t id = 0;  ///< annotated
  double score = 0;     ///< found
};

enum class ApKind { Box, Mask };

/// COCO's twelve numbers, in [0, 1]; -1 where there is nothing to measure.
struct AveragePrecision {
  double ap = -1, ap50 = -1, ap75 = -1, ap_small = -1, ap_medium = -1, ap_large = -1;
  double ar1 = -1, ar10 = -1, ar100 = -1, ar_small = -1, ar_medium = -1, ar_large = -1;
  std::vector<std::pair<std::int64_t, double>> categories;  ///< AP of each category, in rising order
};

/// Average precision and recall over IoU 0.5, 0.55, ..., 0.95 by the rules of pycocotools 2.0 (COCOeval with its
/// default parameters), down to its one oddity: a match with an annotation of id 0 counts as none. `images` and
/// `categories` are those that are evaluated; objects of others are left out. Objects without a mask have an empty one.
/// Errors: Cancelled.
Result<AveragePrecision> average_precision(ApKind kind, const std::vector<ApObject>& annotated,
                                           const std::vector<ApObject>& found, const std::vector<std::int64_t>& images,
                                           const std::vector<std::int64_t>& categories, const JobContext& job = {});

}  // namespace orderscope
