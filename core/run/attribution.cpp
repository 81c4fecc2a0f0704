// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/attribution.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/analysis/cam_layer.h"
#include "core/analysis/contrast_target.h"
#include "core/analysis/faithfulness.h"
#include "core/analysis/method.h"
#include "core/analysis/randomisation_check.h"
#include "core/models/backbone.h"
#include "core/run/dense_subject.h"
#include "core/run/model_input.h"

namespace orderscope {

std::vector<const MethodDescriptor*> attribution_methods() {
  std::vector<const MethodDescriptor*> found;
  for (const Method* method : all_methods())
    if (method->descriptor.yields.starts_with("map")) found.push_back(&method->descriptor);
  return found;
}

const MethodParameter* layer_parameter(const MethodDescriptor& method) {
  const auto found = std::ranges::find(method.parameters, MethodParameter::Type::Layer, &MethodParameter::type);
  return found == method.parameters.end() ? nullptr : &*found;
}

std::vector<MethodParameter> method_options(const MethodDescriptor& method) {
  std::vector<MethodParameter> options;
  for (const MethodParameter& parameter : method.parameters)
    if (parameter.type != MethodParameter::Type::Layer && parameter.type != MethodParameter::Type::Class)
      options.push_back(parameter);
  return options;
}

bool shares_passes(const MethodDescriptor& method) { return method.explains_regions; }

Result<void> check_options(const MethodDescriptor& method, const std::map<std::string, std::string>& options) {
  TRY_VOID(check_values(method, options));
  return {};
}

std::string usual_layer(const Model& model) {
  return cam_layer_pattern(model, MethodValues(std::map<std::string, std::string>{{"layer", "last"}}));
}

std::vector<std::string> layer_names(const Model& model) { return model.backbone->tap_names(); }

struct AttributionRun::State {
  std::shared_ptr<const Model> model;
  at::Tensor images;
  Provenance provenance;
  std::shared_ptr<const DenseSubject> dense;  ///< of a segmenter or detector

  Subject subject() const { return {model, images}; }
};

AttributionRun::AttributionRun(std::shared_ptr<const Model> model, InputImage image)
    : state_(std::make_unique<State>()) {
  const ModelInput input = model_input(image);
  state_->provenance = provenance_of(*model, input);
  state_->images = input.images.to(at::Device(model->device));
  state_->model = std::move(model);
}

AttributionRun::AttributionRun(std::shared_ptr<const DenseSubject> subject) : state_(std::make_unique<State>()) {
  state_->provenance = subject->provenance;
  state_->images = subject->images();
  state_->model = subject->model;
  state_->dense = std::move(subject);
}

AttributionRun::~AttributionRun() = default;

namespace {

Result<MethodRequest> method_request(const AttributionRequest& asked) {
  const Method* method = find_method(asked.method);
  if (method == nullptr) return fail(Error::Kind::InvalidInput, "there is no such method", asked.method);
  std::map<std::string, std::string> given = asked.options;
  if (const MethodParameter* layer = layer_parameter(method->descriptor)) given[layer->name] = asked.layer;
  TRY(MethodValues values, check_values(method->descriptor, given));
  return MethodRequest{method, std::move(values)};
}

}  // namespace

Result<std::vector<Result<MethodResult>>> AttributionRun::maps(std::span<const AttributionRequest> requests,
                                                               const AttributionTarget& target,
                                                               const JobContext& job) const {
  std::vector<Result<MethodResult>> results(requests.size());
  std::vector<MethodRequest> run;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto request = method_request(requests[i]);
    if (request && target.against && !shares_passes(request->method->descriptor))
      request = fail(Error::Kind::InvalidInput, "explains a class, not one class against another",
                     request->method->descriptor.title);
    if (request && state_->dense && !shares_passes(request->method->descriptor))
      request =
          fail(Error::Kind::Unsupported, "explains classes of a whole picture only", request->method->descriptor.title);
    if (!request) {
      results[i] = tl::unexpected(request.error());
      continue;
    }
    run.push_back(*std::move(request));
    places.push_back(i);
  }
  if (run.empty()) return results;
  Subject subject = state_->subject();
  if (state_->dense)
    subject.target = chooser_of(state_->dense, target.question);
  else if (target.against)
    subject.target = contrast_target(*target.against);
  TRY(MethodsOutcome outcome, run_methods(subject, run, target.class_index, job));
  for (std::size_t i = 0; i < places.size(); ++i) {
    Result<MethodResult>& found = outcome.results[i];
    if (found)
      for (NamedMap& named : found->maps) {
        if (state_->dense && state_->model->is_detector() && named.map.unit == "logit") named.map.unit = "probability";
        complete_provenance(named.map, state_->provenance);
      }
    results[places[i]] = std::move(found);
  }
  return results;
}

Result<MethodResult> AttributionRun::judge(const Map& map, int class_index,
                                           const std::map<std::string, std::string>& settings,
                                           const JobContext& job) const {
  if (state_->dense) return fail(Error::Kind::Unsupported, "only maps of classifiers are judged", state_->model->name);
  TRY(const MethodValues values, check_values(faithfulness_descriptor(), settings));
  return faithfulness(state_->subject(), map, class_index, FaithfulnessSettings::of(values), job);
}

Result<MethodResult> AttributionRun::randomise(const AttributionRequest& asked, int class_index,
                                               const JobContext& job) const {
  if (state_->dense) return fail(Error::Kind::Unsupported, "only maps of classifiers are checked", state_->model->name);
  TRY(const MethodRequest request, method_request(asked));
  return randomisation_check(state_->subject(), request, class_index, RandomisationStep::Stages, 0, job);
}

}  // namespace orderscope
