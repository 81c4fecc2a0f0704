// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cuda/graph.h"

#include <ATen/ATen.h>

#include "core/base/guard.h"

#ifdef ORDERSCOPE_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace orderscope::cuda {

#ifdef ORDERSCOPE_CUDA

struct Graph::State {
  at::cuda::CUDAGraph graph;
  at::Tensor input;
  std::vector<at::Tensor> outputs;
};

bool can_record_graphs() { return c10::cuda::device_count() > 0; }

Result<Graph> Graph::record(const at::Tensor& input, const Pass& pass) {
  if (!input.is_cuda()) return fail(Error::Kind::Unsupported, "only work on a CUDA device can be recorded");
  auto state = std::make_unique<State>();
  const auto recorded = guarded([&] {
    const c10::cuda::CUDAGuard device(input.device());
    // Recording needs a stream of its own; libraries choose and load their kernels in the runs before it.
    const c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool(/*isHighPriority=*/false, input.device().index());
    c10::cuda::device_synchronize();
    {
      const c10::cuda::CUDAStreamGuard on_stream(stream);
      state->input = input.detach().clone();
      for (int i = 0; i < 2; ++i) pass(state->input);
      stream.synchronize();
      // Thread-local: another thread may use the device meanwhile.
      state->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
      try {
        state->outputs = pass(state->input);
      } catch (...) {
        // A capture that is left open would spoil the stream.
        try {
          state->graph.capture_end();
        } catch (const std::exception&) {
        }
        throw;
      }
      state->graph.capture_end();
    }
    c10::cuda::device_synchronize();
  });
  if (!recorded && recorded.error().kind == Error::Kind::OutOfMemory) return fail(recorded.error());
  if (!recorded)
    return fail(Error::Kind::Unsupported, "this computation cannot be recorded: " + recorded.error().message());
  return Graph(std::move(state));
}

bool Graph::takes(const at::Tensor& input) const {
  return input.sizes() == state_->input.sizes() && input.scalar_type() == state_->input.scalar_type() &&
         input.device() == state_->input.device();
}

Result<std::vector<at::Tensor>> Graph::run(const at::Tensor& input) {
  if (!takes(input)) return fail(Error::Kind::InvalidInput, "was recorded for an input of another shape");
  TRY_VOID(guarded([&] {
    const c10::cuda::CUDAGuard device(input.device());
    state_->input.copy_(input, /*non_blocking=*/true);
    state_->graph.replay();
  }));
  return state_->outputs;
}

#else

struct Graph::State {};

bool can_record_graphs() { return false; }

Result<Graph> Graph::record(const at::Tensor&, const Pass&) {
  return fail(Error::Kind::Unsupported, "this program was built without CUDA");
}

bool Graph::takes(const at::Tensor&) const { return false; }

Result<std::vector<at::Tensor>> Graph::run(const at::Tensor&) {
  return fail(Error::Kind::Unsupported, "this program was built without CUDA");
}

#endif

Graph::Graph(std::unique_ptr<State> state) : state_(std::move(state)) {}
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;

}  // namespace orderscope::cuda
