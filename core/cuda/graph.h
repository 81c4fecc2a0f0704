// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

#include "core/base/result.h"

namespace orderscope::cuda {

/// Whether this build can record CUDA graphs and there is a device to run them.
bool can_record_graphs();

/// A computation whose kernels were recorded once and are launched together from then on: for networks of many small
/// kernels, whose launches one by one take longer than the kernels. Holds the memory of its intermediates; not to be
/// used from two threads at once.
class Graph {
 public:
  /// Must read nothing but `input` and what does not change, always launch the same kernels, and never wait for the
  /// device: no copy to the host, no number out of a tensor.
  using Pass = std::function<std::vector<at::Tensor>(const at::Tensor& input)>;

  /// Runs `pass` on a tensor like `input` to warm up, then records it. Errors: Unsupported (no CUDA, or a pass that
  /// cannot be recorded), OutOfMemory.
  static Result<Graph> record(const at::Tensor& input, const Pass& pass);

  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  ~Graph();

  bool takes(const at::Tensor& input) const;  ///< of the shape, type and device that were recorded

  /// Launches what was recorded for an input of the recorded shape, without waiting for it. The tensors are the same
  /// every time: the next run overwrites them. Errors: InvalidInput (another shape), OutOfMemory.
  Result<std::vector<at::Tensor>> run(const at::Tensor& input);

 private:
  struct State;
  explicit Graph(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orderscope::cuda
