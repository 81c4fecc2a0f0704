// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "app/cli/command.h"

namespace orderscope::cli {

/// `eval` of a detector: --coco FILE with --config.
struct DetectionEvalOptions {
  std::filesystem::path annotations, config;

  void add_to(CLI::App& app);
  bool given() const { return !annotations.empty(); }
};

/// Box AP and, from a detector with masks, mask AP on the pictures of a COCO annotation file, which lie in `images`.
/// Writes eval.json, categories.csv and results.json (what was found, as COCO.loadRes takes it).
Result<void> run_detection_eval(const Model& model, const std::filesystem::path& images,
                                const DetectionEvalOptions& options, const CommonOptions& common,
                                const JobContext& job);

}  // namespace orderscope::cli
