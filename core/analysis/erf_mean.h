// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include "core/analysis/erf.h"

namespace orderscope {

/// An effective receptive field as it grows, a batch of images at a time: what effective_receptive_field runs through
/// at once. Can be left after any batch and gone on with; not to be used from two threads at once.
class ErfMean {
 public:
  /// Computes nothing yet. `options.on_mean` is not told. Errors: InvalidInput (no such layer, no gnConv before it).
  static Result<ErfMean> start(std::shared_ptr<const Backbone> backbone, TensorSource images, ErfOptions options);
  ErfMean(ErfMean&&) noexcept;
  ErfMean& operator=(ErfMean&&) noexcept;
  ~ErfMean();

  std::int64_t used() const;    ///< images averaged so far
  std::int64_t wanted() const;  ///< how many there will be at most
  bool done() const;            ///< nothing is left to add
  /// Another number of images to average; 0: as the protocol says. Fewer than are used already changes nothing.
  void set_count(std::int64_t count);

  /// Takes the next images, at most `options.batch` in one pass: those that give NaN or cannot be read are left out and
  /// counted. After Cancelled all is as it was before. Errors: InvalidInput (a layer without space, input size, images
  /// of different sizes), Cancelled, OutOfMemory.
  Result<void> add_next(const JobContext& job = {});

  Map mean() const;  ///< H x W, of the ordinary field; there must be an image

  /// What is measured on the images so far; `intervals` if the options ask for them too. Errors: InvalidInput (none
  /// that worked), Cancelled, OutOfMemory.
  Result<ErfReport> report(bool intervals = true, const JobContext& job = {}) const;

 private:
  class State;
  explicit ErfMean(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
