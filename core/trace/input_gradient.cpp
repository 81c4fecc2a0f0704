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

namespace {

/// The part of a map that is at hand, cut down as the steps need less and less of it.
class Cut {
 public:
  Cut(std::vector<Part> needed, int64_t height, int64_t width)
      : needed_(std::move(needed)), held_{0, 0, height, width} {}

  /// What step `i` needs of `x`; maps before the first step are [N, C, H, W], later ones [N, H, W, C]. Cutting copies,
  /// so it has to be worth it; but a step with a stride must begin where it does in the whole map.
  at::Tensor before(std::size_t i, const at::Tensor& x, const Reach& reach) {
    const bool shifted = held_.top % reach.stride != 0 || held_.left % reach.stride != 0;
    const bool worth_it = static_cast<double>(needed_[i].area()) < kWorthIt * static_cast<double>(held_.area());
    at::Tensor part = x;
    if (shifted || worth_it) {
      part = of(x, needed_[i], i == 0 ? 2 : 1);
      held_ = needed_[i];
    }
    held_ = {held_.top / reach.stride, held_.left / reach.stride, held_.bottom / reach.stride,
             held_.right / reach.stride};
    return part;
  }

  /// The activation [N, C, h, w] with nothing but `place`, in a map of the whole size.
  at::Tensor whole(const at::Tensor& x, const Part& place, const std::array<int64_t, 2>& size) const {
    return at::constant_pad_nd(of(x, place, 2), {place.left, size[1] - place.right, place.top, size[0] - place.bottom});
  }

 private:
  static constexpr double kWorthIt = 0.85;

  at::Tensor of(const at::Tensor& x, const Part& part, int64_t rows) const {
    return x.slice(rows, part.top - held_.top, part.bottom - held_.top)
        .slice(rows + 1, part.left - held_.left, part.right - held_.left);
  }

  std::vector<Part> needed_;  ///< before each step
  Part held_;
};

}  // namespace

InputGradient::InputGradient(std::unique_ptr<State> state) : state_(std::move(state)) {}
InputGradient::InputGradient(InputGradient&&) noexcept = default;
InputGradient& InputGradient::operator=(InputGradient&&) noexcept = default;
InputGradient::~InputGradient() = default;

const at::Tensor& InputGradient::activation() const { return state_->activation; }

Result<InputGradient> InputGradient::forward(std::shared_ptr<const Backbone> backbone, const at::Tensor& images,
                                             const std::string& tap, const std::string& closable, const JobContext& job,
                                             const std::vector<Edit>& edits, const std::optional<Part>& place) {
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
  const int64_t height = images.size(2), width = images.size(3);
  std::optional<Cut> cut;
  // An edit may bring numbers for a whole map.
  if (place && edits.empty()) {
    if (auto needed = needed_parts(*state->backbone, found, height, width, *place))
      cut.emplace(std::move(*needed), height, width);
  }
  TRY_VOID(guarded([&] {
    const at::AutoGradMode with_gradients(true);
    Follower follower(*state);
    Activations at_hand = TapScope(&follower, "").as_is("input", state->images);
    const auto& steps = state->backbone->steps();
    for (std::size_t i = 0; i < steps.size() && !state->activation.defined(); ++i) {
      throw_if_cancelled(job);
      if (cut) at_hand.x = cut->before(i, at_hand.x, *steps[i].reach);
      at_hand = steps[i].run(at_hand, &follower);
      // An edit may leave nothing that depends on the images.
      if (at_hand.x.requires_grad())
        at_hand.x.register_hook([state = state.get()](const at::Tensor&) { throw_if_cancelled(*state->job); });
    }
    if (cut && state->activation.defined())
      state->activation = cut->whole(state->activation, *place, *grid_at(*state->backbone, found, height, width));
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
