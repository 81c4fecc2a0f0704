// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "app/cli/command.h"
#include "core/analysis/detect.h"
#include "core/run/dense_input.h"

namespace orderscope::cli {

/// What a detector is run on, and how it was tested.
struct DetectionInput {
  DenseInput input;
  DetectionFrame frame;
  DetectionSettings settings;
  std::string source;  ///< the file's name
};

/// --image F, or --input X.npy with --img-shape and --original-size; --config.
struct DetectionInputOptions {
  std::filesystem::path image, array, config;
  ExifOrientation exif = ExifOrientation::Apply;
  std::vector<std::int64_t> img_shape, original_size;

  void add_to(CLI::App& app);
  /// --img-shape, --original-size and --config alone, for commands that have --image and --input already.
  void add_frame_options(CLI::App& app, CLI::Option* input);
  Result<DetectionInput> read(const Model& model) const;
};

}  // namespace orderscope::cli
