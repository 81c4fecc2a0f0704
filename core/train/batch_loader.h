// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "core/train/image_cache.h"
#include "core/train/options.h"

namespace orderscope {

/// Augmented pictures and what they should be taken for.
struct Batch {
  at::Tensor images;   ///< [N, 3, size, size], channels last, normalised
  at::Tensor targets;  ///< [N, classes], each row sums to 1
};

/// Makes the batches of the steps [first, last) on worker threads, a few ahead of who takes them, and hands them out in
/// order. An epoch is a permutation of the pictures, cut into steps; the pictures left over at its end are dropped.
/// What a step contains depends on the options and the step alone.
class BatchLoader {
 public:
  BatchLoader(const ImageCache& images, std::vector<int> labels, const TrainOptions& options, std::int64_t first,
              std::int64_t last);
  ~BatchLoader();

  /// The next batch, waiting for it. Errors: those of decoding, named by file.
  Result<Batch> next();

 private:
  void work();
  Result<Batch> make(std::int64_t step) const;

  const ImageCache& images_;
  std::vector<int> labels_;
  TrainOptions options_;
  Preprocessing how_;
  std::int64_t last_;
  std::int64_t to_make_, to_take_;  ///< next step for a worker, and for next()
  bool stop_ = false;
  std::map<std::int64_t, Result<Batch>> ready_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::jthread> workers_;
};

/// Pictures of one batch, and batches of one epoch, for a training set of `images` pictures.
int batch_size(const TrainOptions& options, std::size_t images);
std::int64_t steps_per_epoch(const TrainOptions& options, std::size_t images);

}  // namespace orderscope
