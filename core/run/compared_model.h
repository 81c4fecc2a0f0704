// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/map.h"
#include "core/analysis/order_origin.h"
#include "core/base/job.h"
#include "core/image/image.h"
#include "core/models/model.h"
#include "core/run/dense_prediction.h"
#include "core/run/inspection.h"

namespace at {
class Tensor;
}

namespace orderscope {

struct DenseSubject;
struct Target;

/// A layer's three principal components as colours, a pixel a cell: grey is 0, a component of 2.5 root mean squares has
/// its full colour.
struct PcaMap {
  Image colors;
  std::array<double, 3> variance{};  ///< share of the layer's variance along each, before the alignment
  double alignment = 1;              ///< with the first model, see pca_rgb
};

/// How a token mixer depends on the strength of what it is shown; see order_spectrum.h.
struct MixerSpectrum {
  std::string block, kind;
  int stage = 0;
  std::optional<int> degree;  ///< of the polynomial; none: a series
  OrderOrigin origin = OrderOrigin::NormBias;
  std::vector<double> unexplained;  ///< share of energy that degree d leaves, d = 0 .. 8
};

/// One image in one model, kept so that more can be asked of it: a column of a comparison. No LibTorch in this header.
/// Not thread safe; use it from one worker at a time.
class ComparedModel {
 public:
  /// Forward pass. Errors: as Trace::forward.
  static Result<std::shared_ptr<ComparedModel>> run(std::shared_ptr<const Model> model, const InputImage& image,
                                                    const JobContext& job = {});
  /// A segmenter or detector: its scores are those of DenseInspection, and a class index is what DenseQuestion numbers.
  static Result<std::shared_ptr<ComparedModel>> run(std::shared_ptr<DenseSubject> subject, const JobContext& job = {});
  ~ComparedModel();

  const Model& model() const;
  const InputImage& input() const;
  const std::vector<ClassScore>& scores() const;  ///< all classes, the most likely first; a detector may have none
  std::shared_ptr<const DensePrediction> prediction() const;  ///< of a segmenter or detector; else null
  /// Root mean square over channels of each block's output.
  const std::vector<Map>& energies() const;

  /// Grad-CAM of a class at each block's output, raw and signed. Errors: InvalidInput (no such class), Cancelled,
  /// OutOfMemory.
  Result<std::vector<Map>> cams(int class_index, const JobContext& job = {});

  /// What the token under a pixel of the input attends to, mean over heads. Errors: InvalidInput unless the model is a
  /// Swin and the pixel lies in its input.
  Result<Map> attention(int block, int x, int y, const JobContext& job = {});

  /// The maps of any method of all_methods(), one for each of these blocks where the method takes a layer, else the
  /// one it has. A method that has none of a layer gives an empty map there. Errors: as run_methods and the method's.
  Result<std::vector<Map>> method_maps(const std::string& id, const std::vector<int>& blocks,
                                       std::optional<int> class_index, const JobContext& job = {});

  /// Of all blocks' mixers. Errors: as order_spectra.
  Result<std::vector<MixerSpectrum>> spectra(const JobContext& job = {});

 private:
  ComparedModel();
  Result<void> forward(const at::Tensor& images, const JobContext& job);
  Result<Target> target(std::optional<int> number) const;
  friend Result<std::vector<PcaMap>> pca_colors(std::span<ComparedModel* const>, std::span<const int>,
                                                const JobContext&);
  struct State;
  std::unique_ptr<State> state_;
};

/// The outputs of one block a model in aligned colours, the first being the reference. Errors: as pca_rgb, Cancelled.
Result<std::vector<PcaMap>> pca_colors(std::span<ComparedModel* const> models, std::span<const int> blocks,
                                       const JobContext& job = {});

/// The ids of methods that give maps of one layer or of the input, for a menu: all but those that need a gnConv, look
/// at attention, or give no maps.
std::vector<std::string> comparable_methods();

/// The last block of each stage.
std::vector<int> last_blocks(const Model& model);

/// One of several models seen from a photo that each prepares in its own way. Errors: as decode_image, preprocess,
/// dense_subject and ComparedModel::run.
Result<std::shared_ptr<ComparedModel>> compare_photo(std::shared_ptr<const Model> model, const DecodedImage& photo,
                                                     const JobContext& job = {});

}  // namespace orderscope
