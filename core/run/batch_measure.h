// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/method.h"
#include "core/analysis/order_ablation.h"
#include "core/image/image.h"
#include "core/run/batch_config.h"
#include "core/run/batch_store.h"
#include "core/run/dense_input.h"

namespace orderscope {

/// Names of a model's figures, in the order in which they are kept.
class FigureTable {
 public:
  explicit FigureTable(const std::vector<BatchFigure>& known = {});
  /// The figure's place; a new one is put at the end.
  std::size_t place(const BatchFigure& figure);
  const std::vector<BatchFigure>& all() const { return figures_; }

 private:
  std::vector<BatchFigure> figures_;
  std::map<std::string, std::size_t> places_;
};

struct MeasuredBatch {
  at::Tensor logits;                  ///< [N, classes], on the CPU
  std::vector<StoredResult> results;  ///< one an image
};

/// Everything that a batch run keeps of images in one model: one forward and at most one backward pass a batch, in
/// which each intermediate becomes a few figures at once; then, image by image, the methods that were asked for.
class BatchMeasure {
 public:
  /// `known`: the figures that the store has already. Errors: as order_sweep.
  static Result<BatchMeasure> make(int index, std::shared_ptr<const Model> model, const BatchConfig& config,
                                   const std::vector<BatchFigure>& known);

  /// `images`: [N, 3, H, W]; `labels`: classes of the model, -1 for none. Errors: as Trace::forward.
  Result<MeasuredBatch> measure(const at::Tensor& images, const std::vector<int>& labels, const JobContext& job = {});

  /// The same of one photo in a segmenter or detector: what it finds, and order figures and contributions for the
  /// largest region or the best box. A photo that it does not take, or in which it finds nothing, is no error but a
  /// note. Errors: Cancelled, OutOfMemory.
  Result<StoredResult> measure_whole(const DecodedImage& photo, const DensePreprocessing& how, ExifOrientation exif,
                                     const JobContext& job = {});

  const Model& model() const { return *model_; }
  const FigureTable& figures() const { return figures_; }

 private:
  BatchMeasure() = default;
  /// What the methods look at, and where their numbers go.
  struct OneImage {
    Subject subject;
    int class_index;
    StoredResult& result;
  };
  /// What of a photo is explained, if anything was found in it.
  struct Explained {
    std::optional<Target> target;
    std::string cam_layer;
  };
  void add_orders(const Trace& trace, std::int64_t n, StoredResult& result);
  Result<Explained> find_regions(const Trace& trace, const DenseInput& input, StoredResult& result,
                                 const JobContext& job);
  Result<Explained> find_boxes(const Trace& trace, const DenseInput& input, StoredResult& result,
                               const JobContext& job);
  Result<void> explain_whole(Trace& trace, const Explained& explained, StoredResult& result, const JobContext& job);
  Result<void> add_cam(const Trace& trace, std::int64_t n, const OneImage& image, const JobContext& job);
  Result<void> add_ablations(const Trace& trace, std::vector<StoredResult>& results, const JobContext& job);
  Result<void> add_methods(const OneImage& image, const JobContext& job);
  Result<void> add_faithfulness(const OneImage& image, const std::string& prefix, const Map& map,
                                const JobContext& job);
  void put(StoredResult& result, const BatchFigure& figure, double value);
  void put_map(StoredResult& result, const std::string& name, const Map& map, bool keep);
  bool keeps(const std::string& kind) const;

  int index_ = 0;
  std::shared_ptr<const Model> model_;
  BatchConfig config_;
  FigureTable figures_;
  std::vector<Probe> probes_;
  std::string cam_layer_;
  std::vector<AblatedOrder> sweep_;
  std::vector<MethodRequest> methods_;
  std::vector<std::string> method_names_;  ///< "gradcam", "gradcam.2"
};

}  // namespace orderscope
