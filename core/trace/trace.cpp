// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/trace.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/trace/glob.h"

namespace orderscope {

Probe Probe::record(std::string taps) {
  return {std::move(taps), [](const at::Tensor& x) { return x.detach(); }, {}};
}

Probe Probe::record_gradient(std::string taps) {
  return {std::move(taps), {}, [](const at::Tensor&, const at::Tensor& gradient) { return gradient.detach(); }};
}

namespace {

/// The edit's replacement for x; throws if its shape is another.
at::Tensor apply_edit(const Edit& edit, const at::Tensor& x) {
  at::Tensor replaced = edit.replace(x);
  if (!replaced.defined() || replaced.sizes() != x.sizes())
    throw std::invalid_argument("the replacement for " + edit.tap + " has another shape");
  return replaced;
}

}  // namespace

struct Trace::State {
  using Results = std::map<std::string, at::Tensor>;

  std::shared_ptr<const Backbone> backbone;
  at::Tensor images;
  std::vector<Probe> probes;
  TraceOptions options;

  std::vector<at::Tensor> step_inputs;  ///< detached
  at::Tensor output;                    ///< logits with their graph
  at::Tensor logits;
  std::vector<at::Tensor> leaves;                          ///< where the graph starts
  std::vector<Results> forward_results, backward_results;  ///< one a probe
  std::vector<std::string> dropped;
  std::int64_t held_bytes = 0;
  const JobContext* job = nullptr;  ///< of the pass under way
};

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
    // The hook holds the detached tensor: holding x itself would make a cycle that is never freed.
    x.register_hook([state = &state_, probe, name, activation = x.detach()](const at::Tensor& gradient) {
      throw_if_cancelled(*state->job);
      state->backward_results[probe][name] = state->probes[probe].backward(activation, gradient);
    });
    return x;
  }

  State& state_;
};

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
  const auto names = backbone->tap_names();
  for (const Edit& edit : options.edits)
    if (std::find(names.begin(), names.end(), edit.tap) == names.end())
      return fail(Error::Kind::InvalidInput, "the model has no tap of this name", edit.tap);

  auto state = std::make_unique<State>();
  state->backbone = std::move(backbone);
  state->images = images;
  state->probes = std::move(probes);
  state->options = options;
  state->forward_results.resize(state->probes.size());
  state->backward_results.resize(state->probes.size());
  state->job = &job;

  const bool wants_gradients = std::any_of(state->probes.begin(), state->probes.end(),
                                           [](const Probe& probe) { return static_cast<bool>(probe.backward); });
  TRY_VOID(guarded([&] {
    const at::AutoGradMode grad_mode(wants_gradients);
    Recorder recorder(*state);
    const auto& steps = state->backbone->steps();
    at::Tensor x = TapScope(&recorder, "").as_is("input", images);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      throw_if_cancelled(job);
      job.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(steps.size()), steps[i].name);
      state->step_inputs.push_back(x.detach());
      x = steps[i].run(x, &recorder);
    }
    state->output = x;
    state->logits = x.detach();
  }));
  state->job = nullptr;
  return Trace(std::move(state));
}

const at::Tensor& Trace::logits() const { return state_->logits; }
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

Result<void> Trace::backward(const std::vector<std::int64_t>& classes, const JobContext& job) {
  const std::int64_t batch = state_->logits.size(0), count = state_->logits.size(1);
  if (classes.size() != 1 && static_cast<std::int64_t>(classes.size()) != batch)
    return fail(Error::Kind::InvalidInput, "needs one class, or one for each image");
  for (const std::int64_t index : classes) {
    if (index < 0 || index >= count) {
      return fail(Error::Kind::InvalidInput, "the model has no such class", "class " + std::to_string(index),
                  "classes are 0 to " + std::to_string(count - 1));
    }
  }
  if (!state_->output.requires_grad())
    return fail(Error::Kind::InvalidInput, "no probe of this trace asks for gradients");

  for (auto& results : state_->backward_results) results.clear();
  state_->job = &job;
  auto done = guarded([&] {
    at::Tensor seed = at::zeros_like(state_->logits);
    for (std::int64_t n = 0; n < batch; ++n) seed[n][classes[classes.size() == 1 ? 0 : n]] = 1;
    state_->output.backward(seed, /*retain_graph=*/true);
  });
  for (at::Tensor& leaf : state_->leaves) leaf.mutable_grad() = at::Tensor();
  state_->job = nullptr;
  if (!done)
    for (auto& results : state_->backward_results) results.clear();
  return done;
}

namespace {

/// Runs steps with edits in force, and stops with what passes a tap if asked to.
class Replay : public Taps {
 public:
  Replay(const std::vector<Edit>& base, const std::vector<std::vector<Edit>>* variants, const JobContext& job)
      : base_(base), variants_(variants), job_(job) {}

  std::string wanted;
  at::Tensor seen;

  bool wants(const std::string& name) const override {
    throw_if_cancelled(job_);
    const auto edits = [&](const std::vector<Edit>& list) {
      return std::any_of(list.begin(), list.end(), [&](const Edit& edit) { return edit.tap == name; });
    };
    return name == wanted || edits(base_) || (variants_ && std::any_of(variants_->begin(), variants_->end(), edits));
  }

  at::Tensor tap(const std::string& name, at::Tensor x) override {
    for (const Edit& edit : base_)
      if (edit.tap == name) x = apply_edit(edit, x);
    if (variants_) x = edit_variants(name, std::move(x));
    if (name == wanted) seen = x;
    return x;
  }

 private:
  at::Tensor edit_variants(const std::string& name, at::Tensor x) const {
    // Attention holds windows * N entries: a variant owns a run of the first dimension.
    const auto share = x.size(0) / static_cast<std::int64_t>(variants_->size());
    std::vector<at::Tensor> parts;
    bool changed = false;
    for (std::size_t v = 0; v < variants_->size(); ++v) {
      at::Tensor part = x.narrow(0, static_cast<std::int64_t>(v) * share, share);
      for (const Edit& edit : (*variants_)[v]) {
        if (edit.tap != name) continue;
        part = apply_edit(edit, part);
        changed = true;
      }
      parts.push_back(part);
    }
    return changed ? at::cat(parts) : x;
  }

  const std::vector<Edit>& base_;
  const std::vector<std::vector<Edit>>* variants_;
  const JobContext& job_;
};

/// Index of the step in which a tap passes; -1 for the input, steps.size() if there is none.
std::ptrdiff_t step_of(const Backbone& backbone, const std::string& tap) {
  if (tap == "input") return -1;
  const auto& steps = backbone.steps();
  return std::find_if(
             steps.begin(), steps.end(),
             [&](const Step& step) { return std::find(step.taps.begin(), step.taps.end(), tap) != step.taps.end(); }) -
         steps.begin();
}

tl::unexpected<Error> unknown_tap(const std::string& tap) {
  return fail(Error::Kind::InvalidInput, "the model has no tap of this name", tap, "`info` lists the taps");
}

}  // namespace

Result<at::Tensor> Trace::activation(const std::string& tap, const JobContext& job) const {
  const auto& steps = state_->backbone->steps();
  const std::ptrdiff_t index = step_of(*state_->backbone, tap);
  if (index == static_cast<std::ptrdiff_t>(steps.size())) return unknown_tap(tap);
  if (index < 0) return state_->step_inputs.front();
  Replay replay(state_->options.edits, nullptr, job);
  replay.wanted = tap;
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    steps[index].run(state_->step_inputs[index], &replay);
  }));
  return replay.seen;
}

Result<at::Tensor> Trace::rerun(const std::vector<std::vector<Edit>>& variants, const JobContext& job) const {
  if (variants.empty()) return fail(Error::Kind::InvalidInput, "no edits to apply");
  if (state_->images.size(0) != 1) return fail(Error::Kind::InvalidInput, "edits re-run a single image only");
  const auto& steps = state_->backbone->steps();
  std::ptrdiff_t first = static_cast<std::ptrdiff_t>(steps.size());
  for (const auto& edits : variants) {
    for (const Edit& edit : edits) {
      const std::ptrdiff_t index = step_of(*state_->backbone, edit.tap);
      if (index == static_cast<std::ptrdiff_t>(steps.size())) return unknown_tap(edit.tap);
      first = std::min(first, index);
    }
  }

  Replay replay(state_->options.edits, &variants, job);
  at::Tensor x;
  TRY_VOID(guarded([&] {
    const at::NoGradGuard no_grad;
    const auto count = static_cast<std::int64_t>(variants.size());
    if (first == static_cast<std::ptrdiff_t>(steps.size())) {
      x = state_->logits.expand({count, -1});
      return;
    }
    const at::Tensor& start = first < 0 ? state_->images : state_->step_inputs[first];
    x = start.expand({count, -1, -1, -1}).contiguous();
    if (first < 0) x = TapScope(&replay, "").as_is("input", x);
    for (auto i = std::max<std::ptrdiff_t>(first, 0); i < static_cast<std::ptrdiff_t>(steps.size()); ++i) {
      throw_if_cancelled(job);
      x = steps[i].run(x, &replay);
    }
  }));
  return x;
}

}  // namespace orderscope
