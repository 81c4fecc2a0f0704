// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/trace.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/guard.h"
#include "core/base/mapped_pages.h"
#include "core/models/backbone.h"
#include "core/trace/glob.h"
#include "core/trace/packed.h"
#include "core/trace/trace_state.h"

namespace orderscope {

Probe Probe::record(std::string taps) {
  return {std::move(taps), [](const at::Tensor& x) { return x.detach(); }, {}};
}

Probe Probe::record_gradient(std::string taps) {
  return {std::move(taps), {}, [](const at::Tensor&, const at::Tensor& gradient) { return gradient.detach(); }};
}

/// What a forward pass does at each tap: edits first, then forward probes, then hooks for the gradient.
class Trace::Recorder : public Taps {
 public:
  explicit Recorder(State& state) : state_(state) {}

  bool wants(const std::string& name) const override {
    if (state_.job) throw_if_cancelled(*state_.job);
    return std::any_of(state_.options.edits.begin(), state_.options.edits.end(),
                       [&](const Edit& edit) { return edit.tap == name; }) ||
           std::any_of(state_.probes.begin(), state_.probes.end(),
                       [&](const Probe& probe) { return glob_match(probe.taps, name); });
  }

  at::Tensor tap(const std::string& name, at::Tensor x) override {
    for (const Edit& edit : state_.options.edits)
      if (edit.tap == name) x = apply_edit(edit, x);

    for (std::size_t i = 0; i < state_.probes.size(); ++i) {
      const Probe& probe = state_.probes[i];
      if (!glob_match(probe.taps, name)) continue;
      if (probe.forward) keep(i, name, probe.forward(x));
      if (probe.backward) x = watch_gradient(i, name, std::move(x));
    }
    return x;
  }

 private:
  void keep(std::size_t probe, const std::string& name, const at::Tensor& kept) {
    if (!kept.defined()) return;
    const auto bytes = static_cast<std::int64_t>(kept.nbytes());
    if (state_.held_bytes + bytes > state_.options.memory_budget) {
      state_.dropped.push_back(name);
      return;
    }
    state_.held_bytes += bytes;
    state_.forward_results[probe][name] = kept;
  }

  at::Tensor watch_gradient(std::size_t probe, const std::string& name, at::Tensor x) {
    if (!x.requires_grad()) {
      // Nothing before this point is asked for its gradient: the graph starts here.
      x = x.detach().requires_grad_(true);
      state_.leaves.push_back(x);
    }
    state_.watched.push_back({probe, name, x.detach()});
    // The hook holds the detached tensor: holding x itself would make a cycle that is never freed.
    x.register_hook([state = &state_, probe, name, activation = x.detach()](const at::Tensor& gradient) {
      throw_if_cancelled(*state->job);
      state->backward_results[probe][name] = state->probes[probe].backward(activation, gradient);
    });
    return x;
  }

  State& state_;
};

Result<void> check_weights(const Backbone& backbone) {
  for (const at::Tensor& weight : backbone.parameters()) TRY_VOID(check_mapped(weight.const_data_ptr()));
  return {};
}

Trace::Trace(std::unique_ptr<State> state) : state_(std::move(state)) {}
Trace::Trace(Trace&&) noexcept = default;
Trace& Trace::operator=(Trace&&) noexcept = default;
Trace::~Trace() = default;

Result<Trace> Trace::forward(std::shared_ptr<const Backbone> backbone, const at::Tensor& images,
                             std::vector<Probe> probes, const TraceOptions& options, const JobContext& job) {
  if (images.dim() != 4 || images.size(1) != backbone->architecture().in_channels ||
      images.scalar_type() != at::kFloat) {
    return fail(
        Error::Kind::InvalidInput,
        "images must be float32 of shape N x " + std::to_string(backbone->architecture().in_channels) + " x H x W",
        "input");
  }
  TRY_VOID(backbone->check_input(images.size(2), images.size(3)));
  for (const Edit& edit : options.edits) TRY_VOID(step_of(*backbone, edit.tap));

  auto state = std::make_unique<State>();
  state->backbone = std::move(backbone);
  state->images = images;
  state->probes = std::move(probes);
  state->options = options;
  return run(std::move(state), -1, job);
}

Result<Trace> Trace::rerun_from(const std::string& first_tap, std::vector<Edit> edits, std::vector<Probe> probes,
                                const JobContext& job) const {
  TRY(const std::ptrdiff_t first, step_of(*state_->backbone, first_tap));
  for (const Edit& edit : edits) TRY_VOID(step_of(*state_->backbone, edit.tap));

  auto state = std::make_unique<State>();
  state->backbone = state_->backbone;
  state->images = state_->images;
  state->probes = std::move(probes);
  state->options = state_->options;
  state->options.edits = std::move(edits);
  if (first >= 0) {
    const auto& known = state_->step_inputs;
    state->step_inputs.assign(known.begin(), known.begin() + first + 1);
  }
  return run(std::move(state), first, job);
}

Result<Trace> Trace::run(std::unique_ptr<State> state, std::ptrdiff_t first, const JobContext& job) {
  // A run from the middle starts with what the step before it left.
  Activations start;
  if (first >= 0) {
    start = std::move(state->step_inputs.back());
    state->step_inputs.pop_back();
  }
  state->forward_results.resize(state->probes.size());
  state->backward_results.resize(state->probes.size());
  state->job = &job;

  const bool wants_gradients = std::any_of(state->probes.begin(), state->probes.end(),
                                           [](const Probe& probe) { return static_cast<bool>(probe.backward); });
  TRY_VOID(guarded([&] {
    const at::AutoGradMode grad_mode(wants_gradients);
    Recorder recorder(*state);
    const auto& steps = state->backbone->steps();
    Activations at_hand = std::move(start);
    if (first < 0) at_hand = TapScope(&recorder, "").as_is("input", state->images);
    for (std::size_t i = static_cast<std::size_t>(std::max<std::ptrdiff_t>(first, 0)); i < steps.size(); ++i) {
      throw_if_cancelled(job);
      job.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(steps.size()), steps[i].name);
      state->step_inputs.push_back(detached(at_hand));
      at_hand = steps[i].run(at_hand, &recorder);
    }
    state->output = at_hand;
    if (state->backbone->has_logits()) state->logits = at_hand.x.detach();
  }));
  state->job = nullptr;
  TRY_VOID(check_weights(*state->backbone));
  return Trace(std::move(state));
}

const at::Tensor& Trace::logits() const { return state_->logits; }
const Activations& Trace::output() const { return state_->output; }
const at::Tensor& Trace::images() const { return state_->images; }
const std::vector<std::string>& Trace::dropped() const { return state_->dropped; }

at::Tensor Trace::result(std::size_t probe, const std::string& tap) const {
  const auto& results = state_->forward_results.at(probe);
  const auto found = results.find(tap);
  return found == results.end() ? at::Tensor() : found->second;
}

at::Tensor Trace::gradient_result(std::size_t probe, const std::string& tap) const {
  const auto& results = state_->backward_results.at(probe);
  const auto found = results.find(tap);
  return found == results.end() ? at::Tensor() : found->second;
}

std::vector<std::string> Trace::taps_of(std::size_t probe) const {
  std::vector<std::string> taps;
  for (const std::string& name : state_->backbone->tap_names())
    if (result(probe, name).defined() || gradient_result(probe, name).defined()) taps.push_back(name);
  return taps;
}

Result<void> Trace::move_results_to_cpu() {
  return guarded([&] {
    std::vector<at::Tensor*> kept;
    for (auto* passes : {&state_->forward_results, &state_->backward_results})
      for (auto& results : *passes)
        for (auto& [tap, result] : results)
          if (result.defined() && !result.is_cpu()) kept.push_back(&result);
    std::vector<at::Tensor> values;
    for (const at::Tensor* result : kept) values.push_back(*result);
    const std::vector<at::Tensor> moved = copied_to_cpu(values);
    for (std::size_t i = 0; i < kept.size(); ++i) *kept[i] = moved[i];
  });
}

Result<void> Trace::backward(const std::vector<std::int64_t>& classes, const JobContext& job) {
  if (!state_->logits.defined() || state_->logits.dim() != 2)
    return fail(Error::Kind::InvalidInput, "only a classifier's logits have a class for a whole image");
  const std::int64_t batch = state_->logits.size(0), count = state_->logits.size(1);
  if (classes.size() != 1 && static_cast<std::int64_t>(classes.size()) != batch)
    return fail(Error::Kind::InvalidInput, "needs one class, or one for each image");
  for (const std::int64_t index : classes) {
    if (index < 0 || index >= count) {
      return fail(Error::Kind::InvalidInput, "the model has no such class", "class " + std::to_string(index),
                  "classes are 0 to " + std::to_string(count - 1));
    }
  }
  Target target;
  target.score = [&](const Activations& output) {
    at::Tensor seed = at::zeros_like(state_->logits);
    for (std::int64_t n = 0; n < batch; ++n) seed[n][classes[classes.size() == 1 ? 0 : n]] = 1;
    return (output.x * seed).sum();
  };
  return backward(target, job);
}

Target class_target(int index) {
  Target target;
  target.class_index = index;
  target.description = "class " + std::to_string(index);
  target.score = [index](const Activations& output) { return output.x.select(1, index).sum(); };
  return target;
}

Result<void> Trace::backward(const Target& target, const JobContext& job) {
  for (auto& results : state_->backward_results) results.clear();
  state_->job = &job;
  bool has_graph = false;
  auto done = guarded([&] {
    const at::AutoGradMode with_gradients(true);
    const at::Tensor score = target.score(state_->output);
    has_graph = score.requires_grad();
    if (!has_graph) return;
    score.backward({}, /*retain_graph=*/true);
    // What the score does not depend on, as the pyramid levels that a box is not read from, has gradient 0.
    for (const auto& [probe, tap, activation] : state_->watched)
      if (!state_->backward_results[probe].contains(tap))
        state_->backward_results[probe][tap] = state_->probes[probe].backward(activation, at::zeros_like(activation));
  });
  for (at::Tensor& leaf : state_->leaves) leaf.mutable_grad() = at::Tensor();
  state_->job = nullptr;
  if (done) done = check_weights(*state_->backbone);
  if (!done)
    for (auto& results : state_->backward_results) results.clear();
  if (done && !has_graph)
    return fail(Error::Kind::InvalidInput, "no probe of this trace asks for gradients of what leads to the score");
  return done;
}

}  // namespace orderscope
