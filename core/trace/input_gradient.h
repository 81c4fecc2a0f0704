// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/trace/needed_part.h"
#include "core/trace/trace.h"

namespace orderscope {

/// Gradient of something computed from one tap with respect to the images. The model runs only as far as the step that
/// holds the tap, once; each gradient is then one backward pass. Taps may be closed for a gradient: they count as
/// constants, so that it shows what came by the other ways. Not thread safe.
class InputGradient {
 public:
  /// Forward pass of images [N, 3, H, W], float32, up to `tap`; `closable` is a pattern of taps (see glob_match) that a
  /// gradient may close; `edits` change taps on the way and gradients pass through them. With a `place` of the map at
  /// `tap`, only what it depends on is computed, where the network looks no further than its kernels: the gradients of
  /// that place are the same, the rest of the activation is 0. `backbone` must be in eval() mode with frozen
  /// parameters. Errors: InvalidInput (size, no such tap), Cancelled, OutOfMemory.
  static Result<InputGradient> forward(std::shared_ptr<const Backbone> backbone, const at::Tensor& images,
                                       const std::string& tap, const std::string& closable = {},
                                       const JobContext& job = {}, const std::vector<Edit>& edits = {},
                                       const std::optional<Part>& place = std::nullopt);

  InputGradient(InputGradient&&) noexcept;
  InputGradient& operator=(InputGradient&&) noexcept;
  ~InputGradient();

  const at::Tensor& activation() const;  ///< at the tap, whole, with its graph

  /// d objective / d images, [N, 3, H, W]. `objective` makes a scalar of the activation; `closed` names the taps that
  /// are held constant. Errors: InvalidInput if no gradient reaches the images, Cancelled, OutOfMemory.
  Result<at::Tensor> of(const std::function<at::Tensor(const at::Tensor& activation)>& objective,
                        const std::function<bool(const std::string& tap)>& closed = {}, const JobContext& job = {});

 private:
  struct State;
  class Follower;
  explicit InputGradient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
