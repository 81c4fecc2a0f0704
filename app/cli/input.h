// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include "app/cli/command.h"
#include "core/analysis/detections.h"
#include "core/analysis/method.h"
#include "core/run/dense_input.h"
#include "core/run/model_input.h"

namespace orderscope::cli {

/// --image F or --input X.npy, one of them, with --exif and --size.
struct InputOptions {
  std::filesystem::path image;
  std::filesystem::path array;
  ExifOrientation exif = ExifOrientation::Apply;
  int size = 0;  ///< 0: the model's own

  /// Gives the group of which exactly one must be used, for commands that also take other kinds of input.
  CLI::Option_group* add_to(CLI::App& app);
  /// A picture for a segmenter or detector is prepared as their test pipelines do.
  Result<ModelInput> read(const Model& model) const;
  /// The same for commands that show a single picture. Errors: InvalidInput for a batch.
  Result<ModelInput> read_one(const Model& model) const;
  /// For a backbone with levels, with what maps its input back to the photo.
  Result<DenseInput> read_dense(const Model& model) const;

  std::array<std::int64_t, 2> original{}, content{};  ///< of an array, where a command asks: see read_dense_array
};

/// A model and the picture it is to look at, as the user named them.
struct LoadedSubject {
  std::shared_ptr<const Model> model;
  ModelInput input;
  std::array<std::int64_t, 2> photo{};    ///< rows and columns of the picture before it was prepared
  std::array<std::int64_t, 2> resized{};  ///< of a dense model's input: those of the picture in it, without padding

  Subject subject(const CommonOptions& common) const { return {model, input.images.to(at::Device(common.device))}; }
  DetectionFrame frame() const { return {{resized[0], resized[1]}, {photo[0], photo[1]}}; }
  Provenance provenance() const { return provenance_of(*model, input); }
};

/// MODEL and one picture: what most analyses start from.
struct SubjectOptions {
  ModelOptions model;
  InputOptions input;

  void add_to(CLI::App& app, Accepts accepts = Accepts::Classifiers);
  Result<LoadedSubject> load(const CommonOptions& common, const JobContext& job,
                             Accepts accepts = Accepts::Classifiers) const;
};

/// The five most likely classes of each image: [{index, name, logit, probability}]; null where the logits are not
/// those of a classifier.
nlohmann::json top_five(const Model& model, const at::Tensor& logits);

}  // namespace orderscope::cli
