// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/map.h"
#include "core/analysis/order_factor.h"
#include "core/analysis/order_maps.h"
#include "core/base/job.h"
#include "core/image/image.h"
#include "core/models/model.h"

namespace orderscope {

struct ModelInput;

struct ClassScore {
  int index = 0;
  std::string name;
  float logit = 0;
  float probability = 0;
};

/// What the backward pass of one class adds.
struct ClassView {
  int class_index = 0;
  std::vector<std::vector<Map>> contributions;  ///< [block][order - 1]; empty for a block without orders
  std::vector<Map> cams;                        ///< Grad-CAM at the output of each block, raw and signed
  std::string target{};                         ///< what is explained, where it is no class of the whole picture
};

/// One image in one model: a forward pass whose maps are all here, and a backward pass a class on demand.
/// Not thread safe; use it from one worker at a time. No LibTorch in this header.
class Inspection {
 public:
  /// Forward pass. Errors: InvalidInput (size the model does not take), Cancelled, OutOfMemory.
  static Result<std::shared_ptr<Inspection>> run(std::shared_ptr<const Model> model, const InputImage& image,
                                                 const JobContext& job = {});
  static Result<std::shared_ptr<Inspection>> run(std::shared_ptr<const Model> model, const ModelInput& input,
                                                 const JobContext& job = {});
  ~Inspection();

  const std::vector<ClassScore>& scores() const;          ///< all classes, the most likely first
  const std::vector<BlockOrderMaps>& order_maps() const;  ///< one entry a block of the model; order 0 where none

  /// Gradients of one class' logit, all blocks at once.
  Result<ClassView> explain(int class_index, const JobContext& job = {});

  /// Classes as scores() gives them, with gates multiplied by factors; see OrderMixer. Gates that are not named pass
  /// untouched. The maps and explanations of this inspection stay those of the network as it is.
  Result<std::vector<ClassScore>> mix(std::span<const OrderFactor> factors, const JobContext& job = {});

  /// One channel of any tap with a spatial layout, e.g. "stages.2.5.gnconv.gate.3".
  Result<Map> channel(const std::string& tap, int channel, const JobContext& job = {});

 private:
  Inspection();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
