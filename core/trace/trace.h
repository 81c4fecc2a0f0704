// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/job.h"

namespace orderscope {

class Backbone;

/// What to do with the intermediates whose names match `taps` (see glob_match).
/// `forward` is given the activation and returns what to keep of it; `backward` is given the activation and its
/// gradient. Either may be empty. What they return is kept under the tap's name; it should be much smaller than the
/// activation or the activation itself (see `record`), detached.
struct Probe {
  std::string taps;
  std::function<at::Tensor(const at::Tensor& x)> forward;
  std::function<at::Tensor(const at::Tensor& x, const at::Tensor& gradient)> backward;

  static Probe record(std::string taps);
  static Probe record_gradient(std::string taps);
};

/// Puts something else in place of an intermediate: what `replace` returns, of the same shape.
struct Edit {
  std::string tap;
  std::function<at::Tensor(const at::Tensor& x)> replace;
};

struct Activations;

/// What is explained: one number of what a network puts out.
struct Target {
  Target() = default;  // no aggregate: backward({5}) means a class

  int class_index = -1;     ///< the class that it speaks of; -1: none
  std::string description;  ///< for people and provenance: "class 281", "class 3 over 120 pixels of 10,20,30,40"
  /// The number, a scalar with its graph, from what the last step gave.
  std::function<at::Tensor(const Activations& output)> score;
};

/// Class `index` of a classifier, summed over the batch.
Target class_target(int index);

struct TraceOptions {
  std::vector<Edit> edits;
  /// Bytes that results of forward probes may hold. What would exceed it is not kept but listed in `dropped`;
  /// `activation` computes it again.
  std::int64_t memory_budget = std::int64_t{1} << 30;
};

/// One forward and at most one backward pass a class, which feed every map. This is the one place that runs a model:
/// parameters are frozen, gradients exist for activations only and from the first tap on that a probe wants them of.
/// Keeps the input of every step, so that edits re-run only what follows them. Not thread safe.
class Trace {
 public:
  /// Forward pass of images [N, 3, H, W], float32. `backbone` must be in eval() mode with frozen parameters (as
  /// load_model makes it). Errors: InvalidInput (size, an edit of unknown name or wrong shape), Cancelled, OutOfMemory.
  static Result<Trace> forward(std::shared_ptr<const Backbone> backbone, const at::Tensor& images,
                               std::vector<Probe> probes, const TraceOptions& options = {}, const JobContext& job = {});

  Trace(Trace&&) noexcept;
  Trace& operator=(Trace&&) noexcept;
  ~Trace();

  const at::Tensor& logits() const;   ///< [N, classes], of a segmenter [N, classes, H, W]; detached; may be undefined
  const Activations& output() const;  ///< of the last step, with its graph where a probe wants gradients
  const at::Tensor& images() const;

  /// Gradient of logit[n][classes[n]], summed over the batch, with respect to the activations: runs the backward
  /// probes. May be called again for other classes. One entry in `classes` serves the whole batch.
  Result<void> backward(const std::vector<std::int64_t>& classes, const JobContext& job = {});

  /// The same for any number of what the network puts out.
  Result<void> backward(const Target& target, const JobContext& job = {});

  /// What the probe's forward or backward function returned at a tap; undefined if it did not pass there.
  at::Tensor result(std::size_t probe, const std::string& tap) const;
  at::Tensor gradient_result(std::size_t probe, const std::string& tap) const;
  /// The taps at which a probe kept something, in the order of the network.
  std::vector<std::string> taps_of(std::size_t probe) const;
  const std::vector<std::string>& dropped() const;

  /// Brings what the probes kept to the CPU, all in one transfer: a copy a map would wait for the device each time.
  Result<void> move_results_to_cpu();

  /// The activation at a tap, recomputed from the input of its step.
  Result<at::Tensor> activation(const std::string& tap, const JobContext& job = {}) const;

  /// Logits [variants, classes] when each variant's edits are applied; N must be 1. Variants that begin in the same
  /// step go as batches of at most `batch`, each from its first edited step on, so that late edits are cheap and memory
  /// stays bounded. The edits of the trace itself stay in force.
  Result<at::Tensor> rerun(const std::vector<std::vector<Edit>>& variants, const JobContext& job = {},
                           std::int64_t batch = 16) const;

  /// A trace of the same images under `edits` instead of this one's, run anew from the step in which `first_tap`
  /// passes: before it both must have the same edits. Its probes see what is run. Errors: as forward.
  Result<Trace> rerun_from(const std::string& first_tap, std::vector<Edit> edits, std::vector<Probe> probes,
                           const JobContext& job = {}) const;

 private:
  struct State;
  class Recorder;
  explicit Trace(std::unique_ptr<State> state);
  /// From step `first` on, whose input is the last of the state's; from the images if it is -1.
  static Result<Trace> run(std::unique_ptr<State> state, std::ptrdiff_t first, const JobContext& job);
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
