// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "app/cli/command.h"
#include "app/cli/input.h"
#include "core/analysis/detect.h"
#include "core/analysis/region_target.h"

namespace orderscope::cli {

/// --region, --class-region and --mask: which part of a segmenter's prediction is explained; --box: which of a
/// detector's boxes, with --config as `detect` has it.
struct TargetOptions {
  std::string region;  ///< "x,y,w,h"
  std::optional<int> class_region;
  std::filesystem::path mask;
  std::optional<int> box;  ///< in the order of `detect`
  std::filesystem::path config;

  /// `array`: also adds --img-shape and --original-size, which say how a picture lies in an array.
  void add_to(CLI::App& app, InputOptions* array = nullptr);
  bool given() const { return !region.empty() || class_region || !mask.empty() || box; }

  /// The box that was asked for, if any, and the settings that it was found with: runs the detector. Errors:
  /// InvalidInput (no such box, no detector), as read_detection_settings and detect.
  struct ChosenBox {
    Detection detection;
    DetectionSettings settings;
  };
  Result<std::optional<ChosenBox>> find_box(const Model& model, const at::Tensor& image, const DetectionFrame& frame,
                                            const JobContext& job) const;
  Result<std::optional<ChosenBox>> find_box(const LoadedSubject& loaded, const JobContext& job) const {
    return find_box(*loaded.model, loaded.input.images, loaded.frame(), job);
  }

  /// What a subject's methods are to explain; empty for a classifier. Errors: InvalidInput (a region for a classifier,
  /// a model without a head, an array that is no mask), as read_npy.
  Result<TargetChooser> chooser(const LoadedSubject& loaded, const std::optional<ChosenBox>& box) const;
  /// The region itself. Errors: the same.
  Result<RegionRequest> request(std::array<std::int64_t, 2> photo) const;
};

/// `values` with the pyramid levels that the box is read from as its layer, unless another was asked for than the last:
/// no other level has a gradient. Unchanged without a box.
Result<MethodValues> with_layers_of_box(const MethodDescriptor& method, const MethodValues& values, const Model& model,
                                        const std::optional<TargetOptions::ChosenBox>& box);

}  // namespace orderscope::cli
