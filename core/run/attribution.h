// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/descriptor.h"
#include "core/analysis/values.h"
#include "core/base/job.h"
#include "core/image/image.h"
#include "core/models/model.h"
#include "core/run/dense_prediction.h"

namespace orderscope {

struct DenseSubject;

/// A method with its settings, at a layer if it has any.
struct AttributionRequest {
  std::string method;                          ///< id
  std::string layer;                           ///< a tap; "" for a method without a layer
  std::map<std::string, std::string> options;  ///< by parameter name, those that are not as the descriptor has them

  bool operator==(const AttributionRequest&) const = default;
};

struct AttributionTarget {
  int class_index = 0;
  std::optional<int> against{};  ///< explained is the difference of the two logits, see contrast_target
  DenseQuestion question{};      ///< of a segmenter or detector, in place of the class

  bool operator==(const AttributionTarget&) const = default;
};

/// The methods of one image that make maps, in the order of menus, plugins' at the end.
std::vector<const MethodDescriptor*> attribution_methods();
/// Its parameter of a layer; nullptr if it looks at the whole network.
const MethodParameter* layer_parameter(const MethodDescriptor& method);
/// What is left to choose: all parameters but layer and class.
std::vector<MethodParameter> method_options(const MethodDescriptor& method);
/// Whether many of them cost one forward and one backward pass together: nothing but activations and gradients is
/// needed. Only these explain one class against another.
bool shares_passes(const MethodDescriptor& method);
/// Errors: InvalidInput for a value that the descriptor does not allow; names the parameter.
Result<void> check_options(const MethodDescriptor& method, const std::map<std::string, std::string>& options);

/// The tap at which class activation maps are usually taken; all taps of a model, in its order.
std::string usual_layer(const Model& model);
std::vector<std::string> layer_names(const Model& model);

/// One image in one model, to be explained. No LibTorch in this header. Not for two threads at once.
class AttributionRun {
 public:
  /// The model must have a network.
  AttributionRun(std::shared_ptr<const Model> model, InputImage image);
  /// A segmenter or detector, explained by the methods that share passes.
  explicit AttributionRun(std::shared_ptr<const DenseSubject> subject);
  ~AttributionRun();

  /// All requests from one forward and at most one backward pass, and each method's own work; a request that fails does
  /// not stop the others. Maps have their whole provenance. Errors: as run_methods. Of a request: as its method's,
  /// InvalidInput for no such method, wrong options, or one class against another where the method cannot.
  Result<std::vector<Result<MethodResult>>> maps(std::span<const AttributionRequest> requests,
                                                 const AttributionTarget& target, const JobContext& job = {}) const;

  /// Of classifiers only: faithfulness of a map for a class, see faithfulness(); settings by the names of
  /// faithfulness_descriptor().
  Result<MethodResult> judge(const Map& map, int class_index, const std::map<std::string, std::string>& settings,
                             const JobContext& job = {}) const;

  /// The map again as the network's stages are randomised from the head down, see randomisation_check().
  Result<MethodResult> randomise(const AttributionRequest& request, int class_index, const JobContext& job = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
