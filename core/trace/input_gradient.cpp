// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/input_gradient.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "core/base/guard.h"
#include "core/models/backbone.h"
#include "core/trace/find_taps.h"
#include "core/trace/glob.h"
#include "core/trace/trace_state.h"

namespace orderscope {

struct InputGradient::State {
  std::shared_ptr<const Backbone> backbone;
  std::string tap, closable;
  std::vector<Edit> edits;
  at::Tensor images;      ///< the leaf
  at::Tensor activation;  ///< with its graph
  std::function<bool(const std::string&)> closed;
  const JobContext* job = nullptr;  ///< of the pass under way
};

/// Keeps what passes the wanted tap and puts a valve on each closable one.
class InputGradient::Follower : public Taps {
 public:
  explicit Follower(State& state) : state_(state) {}

  bool wants(const std::string& name) const override {
    throw_if_cancelled(*state_.job);
    return name == state_.tap || closable(name) ||
           std::ranges::any_of(state_.edits, [&](const Edit& edit) { return edit.tap == name; });
  }

  at::Tensor tap(const std::string& name, at::Tensor x) override {
    for (const Edit& edit : state_.edits)
      if (edit.tap == name) x = edit.replace(x);
    if (closable(name) && x.requires_grad()) {
      x.register_hook([state = &state_, name](const at::Tensor& gradient) {
        return state->closed && state->closed(name) ? at::zeros_like(gradient) : gradient;
      });
    }
    if (name == state_.tap) state_.activation = x;
    return x;
  }

 private:
  bool closable(const std::string& name) const { return !state_.closable.empty() && glob_match(state_.closable, name); }

  State& state_;
};

InputGradient::InputGradient(std::unique_ptr<State> state) : state_(std::move(state)) {}
InputGradient::InputGradient(InputGradient&&) noexcept = default;
InputGradient& InputGradient::operator=(InputGradient&&) noexcept = default;
InputGradient::~InputGradient() = default;

const at::Tensor& InputGradient::activation() const { return state_->activation; }

Result<InputGradient> InputGradient::forward(std::shared_ptr<const Backbone> backbone, const at::Tensor& images,
                                             const std::string& tap, const std::string& closable, const JobContext& job,
                                             const std::vector<Edit>& edits) {
  const std::int64_t channels = backbone->architecture().in_channels;
  if (images.dim() != 4 || images.size(1) != channels || images.scalar_type() != at::kFloat) {
    return fail(Error::Kind::InvalidInput,
                "images must be float32 of shape N x " + std::to_string(channels) + " x H x W", "input");
  }
  TRY_VOID(backbone->check_input(images.size(2), images.size(3)));
  TRY(const std::string found, find_tap(*backbone, tap));

  auto state = std::make_unique<State>();
  state->backbone = std::move(backbone);
  state->tap = found;
  state->closable = closable;
  state->edits = edits;
  state->images = images.detach().requires_grad_(true);
  state->job = &job;
  TRY_VOID(guarded([&] {
    const at::AutoGradMode with_gradients(true);
    Follower follower(*state);
    Activations at_hand = TapScope(&follower, "").as_is("input", state->images);
    for (const Step& step : state->backbone->steps()) {
      if (state->activation.defined()) break;
      throw_if_cancelled(job);
      at_hand = step.run(at_hand, &follower);
      // An edit may leave nothing that depends on the images.
      if (at_hand.x.requires_grad())
        at_hand.x.register_hook([state = state.get()](const at::Tensor&) { throw_if_cancelled(*state->job); });
    }
  }));
  state->job = nullptr;
  if (!state->activation.defined())
    return fail(Error::Kind::InvalidInput, "the model passes no such layer", tap, "`info` lists the taps");
  return InputGradient(std::move(state));
}

Result<at::Tensor> InputGradient::of(const std::function<at::Tensor(const at::Tensor&)>& objective,
                                     const std::function<bool(const std::string&)>& closed, const JobContext& job) {
  State& state = *state_;
  state.closed = closed;
  state.job = &job;
  at::Tensor gradient;
  auto done = guarded([&] {
    const at::AutoGradMode with_gradients(true);
    const at::Tensor value = objective(state.activation);
    if (!value.requires_grad()) return;
    // A graph that may be asked for another gradient must outlive this one.
    const bool keep_graph = !state.closable.empty();
    gradient = torch::autograd::grad({value}, {state.images}, {}, keep_graph, false, /*allow_unused=*/true)[0];
  });
  state.closed = nullptr;
  state.job = nullptr;
  TRY_VOID(std::move(done));
  TRY_VOID(check_weights(*state.backbone));
  if (!gradient.defined())
    return fail(Error::Kind::InvalidInput, "no gradient of this layer reaches the images", state.tap);
  return gradient;
}

}  // namespace orderscope
