// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/run/dense_prediction.h"
#include "core/run/inspection.h"

namespace orderscope {

class ModelCache;
struct DenseSubject;

/// What a forward pass of one image gives: a copy, so that the window needs no lock while the worker goes on.
struct ForwardResult {
  std::shared_ptr<const Model> model;
  std::filesystem::path image_path;
  int image_width = 0;  ///< of the file, pixels
  int image_height = 0;
  std::vector<std::string> warnings;
  InputImage input;
  std::vector<ClassScore> scores;                       ///< of a segmenter or detector as DenseInspection gives them
  std::shared_ptr<const DensePrediction> prediction{};  ///< of a segmenter or detector
  std::vector<BlockOrderMaps> blocks;
  std::shared_ptr<const DenseSubject> subject{};  ///< of a segmenter or detector: more can be asked of it
};

/// What the window wants from the core. Used from one worker thread; tests answer in its place.
class InspectionEngine {
 public:
  virtual ~InspectionEngine() = default;

  /// Called on the worker thread before any work.
  virtual void set_up_thread() {}
  virtual Result<std::shared_ptr<const Model>> open_model(const std::filesystem::path& path, const JobContext& job) = 0;
  virtual Result<std::shared_ptr<const ForwardResult>> inspect(std::shared_ptr<const Model> model,
                                                               const std::filesystem::path& image,
                                                               const JobContext& job) = 0;
  /// Of the image inspected last.
  /// `number`: a class, or a detector's box.
  virtual Result<ClassView> explain(int number, const JobContext& job) = 0;
  /// Of a segmenter; of a detector the box that fits the region best. Errors: InvalidInput for a classifier.
  virtual Result<ClassView> explain_region(const PhotoRegion& region, const JobContext& job) = 0;
};

/// Opens models through `models`, which others may share.
std::unique_ptr<InspectionEngine> make_core_engine(std::shared_ptr<ModelCache> models);

}  // namespace orderscope
