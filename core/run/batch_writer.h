// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/run/batch_store.h"

namespace orderscope {

/// A part of a chunk that is ready to be written.
struct BatchPart {
  struct NewFigures {
    int model = 0;
    std::size_t first_position = 0;
    std::vector<BatchFigure> figures;
  };
  std::int64_t chunk = 0;
  std::vector<NewFigures> new_figures;
  std::vector<ImageRecord> records;
  bool last = false;  ///< of the chunk, which is committed then
  std::int64_t images = 0;
  double seconds = 0;
};

/// Writes parts in order on a thread of its own; a few may wait. After an error nothing more is written, and what is
/// not committed is rolled back.
class BatchWriter {
 public:
  explicit BatchWriter(BatchStore& store);
  ~BatchWriter();

  /// Waits while the queue is full. Errors: what kept an earlier part from being written.
  Result<void> push(BatchPart part);
  /// Waits until everything is written. Errors: as push.
  Result<void> finish();

 private:
  void work();
  Result<void> write(const BatchPart& part);
  Result<void> state() const;

  BatchStore& store_;
  bool open_ = false;  ///< a chunk is under way
  std::deque<BatchPart> queue_;
  std::optional<Error> error_;
  bool stop_ = false, busy_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::jthread thread_;
};

}  // namespace orderscope
