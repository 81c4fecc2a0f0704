// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>

#include "core/models/backbone.h"
#include "core/trace/trace.h"

namespace orderscope {

struct Trace::State {
  using Results = std::map<std::string, at::Tensor>;

  std::shared_ptr<const Backbone> backbone;
  at::Tensor images;
  std::vector<Probe> probes;
  TraceOptions options;

  std::vector<Activations> step_inputs;  ///< detached
  Activations output;                    ///< of the last step, with its graph
  at::Tensor logits;                     ///< detached; undefined where the network has no head
  struct Watched {
    std::size_t probe;
    std::string tap;
    at::Tensor activation;
  };
  std::vector<Watched> watched;                            ///< whose gradient somebody wants
  std::vector<at::Tensor> leaves;                          ///< where the graph starts
  std::vector<Results> forward_results, backward_results;  ///< one a probe
  std::vector<std::string> dropped;
  std::int64_t held_bytes = 0;
  const JobContext* job = nullptr;  ///< of the pass under way
};

/// The edit's replacement for x; throws if its shape is another.
at::Tensor apply_edit(const Edit& edit, const at::Tensor& x);

/// The same values without their graph.
Activations detached(const Activations& activations);

/// Whether the weights are still those that were loaded: they may lie in a mapped file. Errors: as check_mapped.
Result<void> check_weights(const Backbone& backbone);

/// Index of the step in which a tap passes; -1 for the input. Errors: InvalidInput if there is no such tap.
Result<std::ptrdiff_t> step_of(const Backbone& backbone, const std::string& tap);

}  // namespace orderscope
