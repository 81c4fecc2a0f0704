// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

namespace orderscope {

/// Every intermediate of a model worth seeing passes through one of these: it may be recorded, reduced or replaced.
/// The model continues with what comes back. Shapes are those of the official code: [N, C, H, W] (in memory channels
/// last), [N, L, C] tokens for Swin, attention probabilities [windows * N, heads, n, n]. float32 also where the network
/// computes in bfloat16.
class Taps {
 public:
  virtual ~Taps() = default;
  /// Whether anybody looks at this tap; lets a model leave out what it would make for a tap only.
  virtual bool wants(const std::string& name) const = 0;
  virtual at::Tensor tap(const std::string& name, at::Tensor x) = 0;
};

/// The taps of one module: those of the run, under the module's name. Without a run every call hands back its tensor.
class TapScope {
 public:
  TapScope() = default;
  TapScope(Taps* taps, std::string module) : taps_(taps), module_(std::move(module)) {}

  TapScope child(std::string_view name) const;
  bool wants(std::string_view name) const;

  /// Passes a tensor by in the layout it has. An empty name stands for the module's own output.
  at::Tensor as_is(std::string_view name, at::Tensor x) const;
  /// Passes [N, H, W, C] by as [N, C, H, W]: a view, no copy.
  at::Tensor as_nchw(std::string_view name, at::Tensor x) const;
  /// Passes [N, H, W, C] by as tokens [N, H * W, C].
  at::Tensor as_tokens(std::string_view name, at::Tensor x) const;

 private:
  std::string full_name(std::string_view name) const;
  at::Tensor pass(std::string_view name, const at::Tensor& x) const;  ///< by somebody who wants it

  Taps* taps_ = nullptr;
  std::string module_;
};

}  // namespace orderscope
