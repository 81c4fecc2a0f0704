// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace orderscope {

/// How proposals are chosen; the names are those of mmdetection's test_cfg.rpn, the values those of its configurations.
struct RpnSettings {
  std::int64_t nms_pre = 1000;      ///< anchors a level that are looked at; none above 0: all
  std::int64_t max_per_img = 1000;  ///< proposals
  double iou_threshold = 0.7;
  bool class_agnostic = false;  ///< NMS across levels instead of within each
  double min_bbox_size = 0;     ///< proposals must be larger than this, in pixels; below 0: none is left out

  bool operator==(const RpnSettings&) const = default;
};

/// How detections are chosen; test_cfg.rcnn.
struct RcnnSettings {
  double score_thr = 0.05;
  double iou_threshold = 0.5;
  bool class_agnostic = false;     ///< NMS across classes instead of within each
  std::int64_t max_per_img = 100;  ///< none above 0: all
  double mask_thr_binary = 0.5;

  bool operator==(const RcnnSettings&) const = default;
};

/// What a detector's test configuration says; the checkpoint does not hold it.
struct DetectionSettings {
  double finest_scale = 56;  ///< boxes of up to twice this side are read from the finest level
  RpnSettings rpn;
  RcnnSettings rcnn;

  bool operator==(const DetectionSettings&) const = default;
};

/// Reads a JSON object with any of finest_scale, rpn and rcnn (rpn and rcnn may lie in a test_cfg, all of it in a
/// config, as mmdetection's own dumps have it); what it does not set is that of `base`. Errors: FileAccess, Broken (no
/// JSON, not a number where one belongs), InvalidInput (an unknown name, a value out of range), Unsupported (another
/// kind of NMS).
Result<DetectionSettings> read_detection_settings(const std::filesystem::path& path,
                                                  const DetectionSettings& base = {});

/// The same from the text of an mmdetection config, as checkpoints carry it: test_cfg, of the model or beside it, and
/// finest_scale of the RoI extractors. Nothing where it says nothing of them. Errors: as above, and Unsupported where
/// the extractors' scales differ.
Result<std::optional<DetectionSettings>> detection_settings_in(const std::string& config);

/// An mmdetection config that scales deltas or reads RoIs otherwise than the official ones do, which weights do not
/// tell. Errors: Unsupported, with what differs.
Result<void> check_detection_config(const std::string& config, std::size_t stages);

}  // namespace orderscope
