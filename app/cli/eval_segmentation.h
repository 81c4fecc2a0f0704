// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>

#include "app/cli/command.h"

namespace orderscope::cli {

struct SegmentationEvalOptions {
  std::filesystem::path images;  ///< with images/ and annotations/
  std::string mode;              ///< whole, slide, or the official test's
  bool keep_zero_label = false;  ///< 0 is a class too
};

/// `eval` of a segmenter: mIoU and what it is made of.
Result<void> evaluate_segmenter(const Model& model, const SegmentationEvalOptions& options, const CommonOptions& common,
                                const JobContext& job);

}  // namespace orderscope::cli
