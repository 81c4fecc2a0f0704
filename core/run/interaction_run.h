// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/interactions.h"
#include "core/image/image.h"
#include "core/models/model.h"

namespace orderscope {

struct InteractionSettings {
  InteractionOptions options;  ///< `players` and `candidates` come from grid and distance
  int grid = 14;
  int distance = 0;  ///< pairs at most so many patches apart; 0: any
  std::string baseline = "mean";
  std::optional<int> class_index;  ///< each image's most likely one unless given
  std::optional<int> size;         ///< of the model's input, if not its own
  ExifOrientation exif = ExifOrientation::Apply;
  std::filesystem::path log;  ///< where interactions are kept, so that a stopped run goes on
};

struct InteractionImage {
  std::string file, sha256;
  int class_index = 0;
  double log_odds = 0;  ///< of the whole image
};

struct InteractionRun {
  InteractionCurve curve;
  std::vector<InteractionImage> images;  ///< those used
  std::vector<std::string> skipped;      ///< why each picture that could not be used was left out
  std::int64_t known = 0;                ///< interactions that the log held already
};

/// J(m) over pictures (or .npy arrays of one image). Pictures beyond what the budget reaches are not read. Errors: as
/// multi_order_interactions and open_interaction_log; InvalidInput if no picture can be used.
Result<InteractionRun> run_interactions(const std::shared_ptr<const Model>& model,
                                        const std::vector<std::filesystem::path>& files,
                                        const InteractionSettings& settings, const JobContext& job = {});

}  // namespace orderscope
