// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "app/cli/command.h"

namespace orderscope::cli {

/// `eval` of a detector: --coco FILE with --config.
struct DetectionEvalOptions {
  std::filesystem::path annotations, config;
  bool allow_outside = false;  ///< the annotations may name pictures outside the folder of the pictures

  void add_to(CLI::App& app);
  bool given() const { return !annotations.empty(); }
};

/// Box AP and, from a detector with masks, mask AP on the pictures of a COCO annotation file, which lie in `images` or
/// below; links are followed. Errors: also InvalidInput for one that lies elsewhere.
/// Writes eval.json, categories.csv and results.json (what was found, as COCO.loadRes takes it).
Result<void> run_detection_eval(const Model& model, const std::filesystem::path& images,
                                const DetectionEvalOptions& options, const CommonOptions& common,
                                const JobContext& job);

}  // namespace orderscope::cli
