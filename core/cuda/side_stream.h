// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>

#include <functional>
#include <vector>

namespace orderscope::cuda {

/// Work beside the current stream of a device: small kernels that nothing waits for until the end, as the reductions of
/// probes are. Not to be used from two threads at once.
class SideStream {
 public:
  explicit SideStream(const at::Device& device);
  ~SideStream();
  SideStream(const SideStream&) = delete;
  SideStream& operator=(const SideStream&) = delete;

  /// Runs `work` on the side stream once all that is on the current one so far is done, and gives what it gives, which
  /// must not be used before `join`. `inputs`, which it reads, are held until then.
  at::Tensor run(const std::function<at::Tensor()>& work, std::vector<at::Tensor> inputs);

  /// Makes the current stream wait for the side stream.
  void join();

 private:
  c10::Stream stream_;
  std::vector<at::Tensor> held_;
};

}  // namespace orderscope::cuda
