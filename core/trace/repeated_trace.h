// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/job.h"
#include "core/trace/trace.h"

namespace orderscope {

/// What a trace leaves once its passes are over; all on the CPU.
struct TraceResults {
  at::Tensor logits;                  ///< [N, classes]
  std::vector<std::int64_t> classes;  ///< the most likely one of each image, which the gradients are of
  std::vector<std::map<std::string, at::Tensor>> forward, backward;  ///< by probe and tap, as Trace keeps them
};

/// The same probes over image after image of a classifier, each explained for its most likely class. On a CUDA device
/// both passes of a size are recorded once as a CUDA graph and come back in one transfer: one image at a time,
/// launching its two thousand kernels takes longer than running them. Elsewhere every image is a Trace of its own.
/// Probes must look at tensors only, wait for nothing, and not depend on anything that changes. Not thread safe.
class RepeatedTrace {
 public:
  /// `backbone` as for Trace.
  RepeatedTrace(std::shared_ptr<const Backbone> backbone, std::vector<Probe> probes);
  RepeatedTrace(RepeatedTrace&&) noexcept;
  RepeatedTrace& operator=(RepeatedTrace&&) noexcept;
  ~RepeatedTrace();

  /// images [N, 3, H, W], float32, on the backbone's device. Another size records anew; the last one is kept. Errors:
  /// as Trace::forward.
  Result<TraceResults> run(const at::Tensor& images, const JobContext& job = {});

  bool recorded() const;  ///< whether the last run launched a graph

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
