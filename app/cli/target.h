// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "core/analysis/region_target.h"

namespace orderscope::cli {

/// --region, --class-region and --mask: which part of a segmenter's prediction is explained.
struct TargetOptions {
  std::string region;  ///< "x,y,w,h"
  std::optional<int> class_region;
  std::filesystem::path mask;

  void add_to(CLI::App& app);
  bool given() const { return !region.empty() || class_region || !mask.empty(); }

  /// What a subject's methods are to explain; empty for a classifier. Errors: InvalidInput (a region for a classifier,
  /// a model without a head, an array that is no mask), as read_npy.
  Result<TargetChooser> chooser(const Model& model, std::array<std::int64_t, 2> photo) const;
  /// The region itself. Errors: the same.
  Result<RegionRequest> request(std::array<std::int64_t, 2> photo) const;
};

}  // namespace orderscope::cli
