// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/method.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/analysis/several_classes.h"
#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/trace/glob.h"

namespace orderscope {

namespace {

template <typename T>
std::optional<T> parsed(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void> check_value(const MethodDescriptor& method, const MethodParameter& parameter, const std::string& text) {
  const auto wrong = [&](const std::string& what, const std::string& advice = {}) -> Result<void> {
    return fail(Error::Kind::InvalidInput, "\"" + text + "\" " + what, method.id + ", " + parameter.name, advice);
  };
  const auto in_range = [&](double value) {
    return parameter.low >= parameter.high || (value >= parameter.low && value <= parameter.high);
  };
  const auto range = [&] {
    char between[64];
    std::snprintf(between, sizeof between, "between %g and %g", parameter.low, parameter.high);
    return std::string(between);
  };
  switch (parameter.type) {
    case MethodParameter::Type::Integer: {
      const auto value = parsed<std::int64_t>(text);
      if (!value) return wrong("is no whole number");
      if (!in_range(static_cast<double>(*value))) return wrong("is out of range", range());
      return {};
    }
    case MethodParameter::Type::Real: {
      const auto value = parsed<double>(text);
      if (!value || !std::isfinite(*value)) return wrong("is no number");
      if (!in_range(*value)) return wrong("is out of range", range());
      return {};
    }
    case MethodParameter::Type::Choice: {
      if (std::find(parameter.choices.begin(), parameter.choices.end(), text) != parameter.choices.end()) return {};
      std::string advice = "one of";
      for (const std::string& choice : parameter.choices) advice += " " + choice;
      return wrong("is not among the choices", advice);
    }
    case MethodParameter::Type::Class: {
      const auto value = parsed<int>(text);
      if (!text.empty() && (!value || *value < 0)) return wrong("is no class", "a class is a number from 0 on");
      return {};
    }
    case MethodParameter::Type::Layer:
      if (text.empty()) return wrong("names no layer", "`info` lists the taps");
      return {};
  }
  return {};
}

}  // namespace

std::int64_t MethodValues::integer(const std::string& name) const { return parsed<std::int64_t>(text(name)).value(); }

double MethodValues::real(const std::string& name) const { return parsed<double>(text(name)).value(); }

Result<MethodValues> check_values(const MethodDescriptor& method, const std::map<std::string, std::string>& given) {
  std::map<std::string, std::string> values;
  for (const MethodParameter& parameter : method.parameters) {
    const auto found = given.find(parameter.name);
    std::string text = found == given.end() ? parameter.default_value : found->second;
    TRY_VOID(check_value(method, parameter, text));
    values[parameter.name] = std::move(text);
  }
  for (const auto& [name, text] : given)
    if (!values.contains(name)) return fail(Error::Kind::InvalidInput, "has no parameter \"" + name + "\"", method.id);
  return MethodValues(std::move(values));
}

Result<int> choose_class(std::optional<int> asked, const Model& model, const at::Tensor& logits) {
  if (!logits.defined() || logits.dim() != 2)
    return fail(Error::Kind::InvalidInput, "is no classifier, so no class is that of the whole image", model.name);
  if (!asked) {
    if (at::isfinite(logits[0]).all().item<bool>()) return static_cast<int>(logits[0].argmax().item<std::int64_t>());
    return fail(Error::Kind::InvalidInput, "the logits hold NaN or Inf, so no class is the most likely one", model.name,
                "look for NaN in the image and the weights; with a class given the maps show where it begins");
  }
  if (*asked >= 0 && *asked < logits.size(1)) return *asked;
  return fail(Error::Kind::InvalidInput, "the model has no such class",
              model.name + ", class " + std::to_string(*asked),
              "classes are 0 to " + std::to_string(logits.size(1) - 1));
}

Result<Target> choose_target(const Subject& subject, const Trace& trace, std::optional<int> asked) {
  if (subject.target) return subject.target(trace, asked);
  TRY(const int index, choose_class(asked, *subject.model, trace.logits()));
  return class_target(index);
}

namespace {

/// Every method's own work, once the passes for a class are done.
Result<std::vector<Result<MethodResult>>> finish_all(const Subject& subject, std::span<const MethodRequest> requests,
                                                     const Trace& trace, const std::vector<std::size_t>& first_probes,
                                                     const Target& target, const JobContext& job) {
  std::vector<Result<MethodResult>> results;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    TRY_VOID(job.check());
    const Method& method = *requests[i].method;
    // A plugin's method may throw; so may tensor code anywhere.
    Result<MethodResult> result = guarded([&] {
      return method.finish({subject, requests[i].values, trace, first_probes[i], target.class_index}, job);
    });
    if (!result && result.error().kind == Error::Kind::Cancelled) return tl::unexpected(result.error());
    if (result) {
      for (NamedMap& named : result->maps) {
        Provenance& from = named.map.provenance;
        from.method = method.descriptor.id;
        for (const auto& [name, text] : requests[i].values.all())
          if (name != "layer") from.parameters[name] = text;
        from.parameters["class"] = std::to_string(target.class_index);
        if (subject.target) from.parameters["target"] = target.description;
      }
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace

Result<std::vector<MethodsOutcome>> run_methods_for_classes(const Subject& subject,
                                                            std::span<const MethodRequest> requests,
                                                            const std::vector<std::optional<int>>& classes,
                                                            const JobContext& job) {
  std::vector<Probe> probes;
  std::vector<std::size_t> first_probes;
  bool needs_gradient = false;
  for (const MethodRequest& request : requests) {
    first_probes.push_back(probes.size());
    needs_gradient |= request.method->descriptor.needs_gradient;
    if (!subject.model->is_classifier() && !request.method->descriptor.explains_regions)
      return fail(Error::Kind::InvalidInput, "explains classifiers only", request.method->descriptor.id,
                  "take gradcam or another method of gradients");
    if (!request.method->probes) continue;
    std::vector<Probe> wanted;
    if (auto asked = guarded([&] { wanted = request.method->probes(subject, request.values); }); !asked)
      return fail(std::move(asked.error()).on(request.method->descriptor.id));
    std::move(wanted.begin(), wanted.end(), std::back_inserter(probes));
  }
  // A probe that matches nothing is its method's to complain about: there is no gradient to ask for.
  const std::vector<std::string> taps = subject.model->backbone->tap_names();
  const bool watched = std::any_of(probes.begin(), probes.end(), [&](const Probe& probe) {
    return probe.backward &&
           std::any_of(taps.begin(), taps.end(), [&](const std::string& tap) { return glob_match(probe.taps, tap); });
  });

  TRY(Trace trace, Trace::forward(subject.model->backbone, subject.image, std::move(probes), {}, job));
  std::vector<MethodsOutcome> outcomes;
  for (const std::optional<int>& asked : classes) {
    MethodsOutcome outcome;
    outcome.logits = trace.logits();
    TRY(const Target target, choose_target(subject, trace, asked));
    outcome.class_index = target.class_index;
    outcome.target = target.description;
    if (needs_gradient && watched) TRY_VOID(trace.backward(target, job));
    TRY(outcome.results, finish_all(subject, requests, trace, first_probes, target, job));
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

Result<MethodsOutcome> run_methods(const Subject& subject, std::span<const MethodRequest> requests,
                                   std::optional<int> class_index, const JobContext& job) {
  TRY(auto outcomes, run_methods_for_classes(subject, requests, {class_index}, job));
  return std::move(outcomes.front());
}

}  // namespace orderscope
