// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/run/model_input.h"

namespace orderscope::cli {

/// --image F or --input X.npy, one of them, with --exif and --size.
struct InputOptions {
  std::filesystem::path image;
  std::filesystem::path array;
  ExifOrientation exif = ExifOrientation::Apply;
  int size = 0;  ///< 0: the model's own

  void add_to(CLI::App& app);
  Result<ModelInput> read(const Model& model) const;
  /// The same for commands that show a single picture. Errors: InvalidInput for a batch.
  Result<ModelInput> read_one(const Model& model) const;
};

/// The class to explain: the one asked for, else the most likely one. Errors: InvalidInput if there is no such class.
Result<int> choose_class(const MethodOptions& options, const Model& model, const at::Tensor& logits);

/// The five most likely classes of each image: [{index, name, logit, probability}].
nlohmann::json top_five(const Model& model, const at::Tensor& logits);

}  // namespace orderscope::cli
