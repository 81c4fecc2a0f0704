// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/descriptor.h"
#include "core/analysis/values.h"
#include "core/base/job.h"
#include "core/models/model.h"
#include "core/trace/trace.h"

namespace orderscope {

/// Says what is explained once the forward pass is done: a region's class needs the prediction. `asked` is the class
/// that the user named.
using TargetChooser = std::function<Result<Target>(const Trace& trace, std::optional<int> asked)>;

/// A model and the image that methods look at.
struct Subject {
  std::shared_ptr<const Model> model;
  at::Tensor image;        ///< [1, 3, H, W], float32, on the model's device
  TargetChooser target{};  ///< of a segmenter or detector; empty: a class of a classifier
};

/// The target that a subject's methods explain. Errors: InvalidInput (no such class, nothing in the region).
Result<Target> choose_target(const Subject& subject, const Trace& trace, std::optional<int> asked);

/// The settings of a method by parameter name, checked and completed by check_values; hence the getters cannot fail.
class MethodValues {
 public:
  MethodValues() = default;
  explicit MethodValues(std::map<std::string, std::string> text) : text_(std::move(text)) {}

  const std::string& text(const std::string& name) const { return text_.at(name); }
  std::int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  const std::map<std::string, std::string>& all() const { return text_; }

 private:
  std::map<std::string, std::string> text_;
};

/// Fills in defaults. Errors: InvalidInput for an unknown name, a value out of range or not among the choices, a
/// missing one without default; names the method and the parameter. "class" may stay empty: the most likely one is
/// meant.
Result<MethodValues> check_values(const MethodDescriptor& method, const std::map<std::string, std::string>& given);

/// What a method is given once the passes are done.
struct MethodCall {
  const Subject& subject;
  const MethodValues& values;
  const Trace& trace;       ///< forward, and backward for `class_index` if the descriptor needs gradients
  std::size_t first_probe;  ///< index in `trace` of the first of the method's own probes
  int class_index;
};

/// A way to look into a model. All methods asked for at once share one trace: each names the probes it needs there.
/// One that needs more passes runs them itself, through call.trace.rerun or Trace::forward.
struct Method {
  const MethodDescriptor& descriptor;
  std::function<std::vector<Probe>(const Subject& subject, const MethodValues& values)> probes;  ///< may be empty
  std::function<Result<MethodResult>(const MethodCall& call, const JobContext& job)> finish;
};

/// Every method that looks at one image, in the order in which menus show them; plugins add theirs at the end.
std::vector<const Method*> all_methods();
const Method* find_method(const std::string& id);

/// Adds a method for as long as the program runs. Errors: InvalidInput if the id is taken.
Result<void> register_method(std::shared_ptr<const Method> method);

struct MethodRequest {
  const Method* method = nullptr;
  MethodValues values;
};

struct MethodsOutcome {
  at::Tensor logits;  ///< [1, classes], of a segmenter [1, classes, H, W]
  int class_index = 0;
  std::string target;                         ///< what was explained, for people: "class 281"
  std::vector<Result<MethodResult>> results;  ///< one a request; one that fails does not stop the others
};

/// One forward and at most one backward pass for all requests, then each method's own work. Without `class_index` the
/// most likely class is explained. Maps come back with layer, method, parameters and class in their provenance.
/// Errors: InvalidInput (input size, no such class), Cancelled, OutOfMemory.
Result<MethodsOutcome> run_methods(const Subject& subject, std::span<const MethodRequest> requests,
                                   std::optional<int> class_index, const JobContext& job = {});

/// The class asked for, else the most likely one. Errors: InvalidInput if there is no such class.
Result<int> choose_class(std::optional<int> asked, const Model& model, const at::Tensor& logits);

}  // namespace orderscope
