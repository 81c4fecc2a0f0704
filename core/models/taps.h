// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

namespace orderscope {

/// Every intermediate of a model worth seeing passes through one of these: it may be recorded, reduced or replaced.
/// The model continues with what comes back. Shapes are those of the official code: [N, C, H, W] (in memory channels
/// last), [N, L, C] tokens for Swin, attention probabilities [windows * N, heads, n, n].
class Taps {
 public:
  virtual ~Taps() = default;
  virtual at::Tensor tap(const std::string& name, at::Tensor x) = 0;
};

/// The taps of one module: its name, put before the names of what passes.
class TapScope {
 public:
  TapScope() = default;
  TapScope(Taps* taps, std::string prefix) : taps_(taps), prefix_(std::move(prefix)) {}

  bool active() const { return taps_ != nullptr; }
  TapScope child(std::string_view name) const;
  /// Passes a [N, H, W, C] tensor by the tap as [N, C, H, W]; no copy unless it was replaced by another layout.
  at::Tensor channels_last(std::string_view name, at::Tensor x) const;
  at::Tensor operator()(std::string_view name, at::Tensor x) const;

 private:
  Taps* taps_ = nullptr;
  std::string prefix_;
};

}  // namespace orderscope
