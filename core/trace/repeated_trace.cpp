// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/trace/repeated_trace.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "core/base/guard.h"
#include "core/cuda/graph.h"
#include "core/cuda/side_stream.h"
#include "core/models/backbone.h"
#include "core/trace/packed.h"

namespace orderscope {

namespace {

/// The logit of each image's most likely class, summed over the batch; chosen on the device.
Target most_likely_class() {
  Target target;
  target.description = "the most likely class";
  target.score = [](const Activations& output) {
    const at::Tensor winners = output.x.detach().argmax(1, /*keepdim=*/true);
    return output.x.gather(1, winners).sum();
  };
  return target;
}

/// The same probes, whose work goes beside the passes.
std::vector<Probe> on_side_stream(const std::vector<Probe>& probes, cuda::SideStream& side) {
  std::vector<Probe> moved;
  for (const Probe& probe : probes) {
    Probe beside{probe.taps, {}, {}};
    if (probe.forward) {
      beside.forward = [&side, &probe](const at::Tensor& x) {
        const at::Tensor activation = x.detach();
        return side.run([&] { return probe.forward(activation); }, {activation});
      };
    }
    if (probe.backward) {
      beside.backward = [&side, &probe](const at::Tensor& x, const at::Tensor& gradient) {
        return side.run([&] { return probe.backward(x, gradient); }, {x, gradient});
      };
    }
    moved.push_back(std::move(beside));
  }
  return moved;
}

/// Where a tensor of the flat list of results belongs.
struct Place {
  bool backward;
  std::size_t probe;
  std::string tap;
};

}  // namespace

struct RepeatedTrace::State {
  std::shared_ptr<const Backbone> backbone;
  std::vector<Probe> probes;
  bool wants_gradients = false;

  std::optional<cuda::Graph> graph;
  std::vector<Place> places;       ///< of what the graph puts out, after the logits
  std::vector<at::Tensor> shapes;  ///< of what the graph puts out
  bool can_record = true;
  bool recorded = false;

  /// Both passes; the logits first, then what was kept.
  Result<std::vector<at::Tensor>> pass(const at::Tensor& images, std::vector<Place>& found, const JobContext& job) {
    std::optional<cuda::SideStream> side;
    if (images.is_cuda()) side.emplace(images.device());
    TRY(Trace trace, Trace::forward(backbone, images, side ? on_side_stream(probes, *side) : probes, {}, job));
    if (trace.logits().dim() != 2)
      return fail(Error::Kind::InvalidInput, "only a classifier's logits have a most likely class");
    if (wants_gradients) TRY_VOID(trace.backward(most_likely_class(), job));
    if (side) side->join();
    std::vector<at::Tensor> all{trace.logits()};
    found.clear();
    for (std::size_t p = 0; p < probes.size(); ++p) {
      for (const std::string& tap : trace.taps_of(p)) {
        for (const bool backward : {false, true}) {
          const at::Tensor kept = backward ? trace.gradient_result(p, tap) : trace.result(p, tap);
          if (!kept.defined()) continue;
          all.push_back(kept);
          found.push_back({backward, p, tap});
        }
      }
    }
    return all;
  }

  TraceResults results(const std::vector<at::Tensor>& all) const {
    TraceResults results;
    results.logits = all[0];
    const at::Tensor winners = all[0].argmax(1);
    for (std::int64_t n = 0; n < winners.size(0); ++n) results.classes.push_back(winners[n].item<std::int64_t>());
    results.forward.resize(probes.size());
    results.backward.resize(probes.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      const Place& place = places[i];
      (place.backward ? results.backward : results.forward)[place.probe][place.tap] = all[i + 1];
    }
    return results;
  }

  /// Records the passes for images like these. A pass that cannot be recorded is run as it is from then on.
  Result<void> record(const at::Tensor& images) {
    auto recorded = cuda::Graph::record(images, [&](const at::Tensor& input) {
      auto all = pass(input, places, {});
      if (!all) throw std::runtime_error(all.error().message());
      shapes = *all;
      return std::vector{packed(*all)};
    });
    if (recorded) {
      graph = std::move(*recorded);
      return {};
    }
    if (recorded.error().kind == Error::Kind::OutOfMemory) return fail(recorded.error());
    can_record = false;
    return {};
  }
};

RepeatedTrace::RepeatedTrace(std::shared_ptr<const Backbone> backbone, std::vector<Probe> probes)
    : state_(std::make_unique<State>()) {
  state_->wants_gradients =
      std::any_of(probes.begin(), probes.end(), [](const Probe& probe) { return static_cast<bool>(probe.backward); });
  state_->backbone = std::move(backbone);
  state_->probes = std::move(probes);
}
RepeatedTrace::RepeatedTrace(RepeatedTrace&&) noexcept = default;
RepeatedTrace& RepeatedTrace::operator=(RepeatedTrace&&) noexcept = default;
RepeatedTrace::~RepeatedTrace() = default;

bool RepeatedTrace::recorded() const { return state_->recorded; }

Result<TraceResults> RepeatedTrace::run(const at::Tensor& images, const JobContext& job) {
  State& state = *state_;
  TRY_VOID(job.check());
  const bool same = state.graph && state.graph->takes(images);
  if (images.is_cuda() && state.can_record && !same) {
    // An input that the network refuses is refused before anything is recorded.
    if (images.dim() == 4) TRY_VOID(state.backbone->check_input(images.size(2), images.size(3)));
    state.graph.reset();
    TRY_VOID(state.record(images));
  }
  state.recorded = images.is_cuda() && state.graph.has_value();
  std::vector<at::Tensor> all;
  if (state.recorded) {
    TRY(const std::vector<at::Tensor> buffer, state.graph->run(images));
    TRY_VOID(guarded([&] { all = unpacked(buffer[0].to(at::kCPU), state.shapes); }));
  } else {
    TRY(const std::vector<at::Tensor> found, state.pass(images, state.places, job));
    TRY_VOID(guarded([&] { all = copied_to_cpu(found); }));
  }
  TraceResults results;
  TRY_VOID(guarded([&] { results = state.results(all); }));
  return results;
}

}  // namespace orderscope
