// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/batch_writer.h"

namespace orderscope {

namespace {
constexpr std::size_t kWaiting = 4;
}

BatchWriter::BatchWriter(BatchStore& store) : store_(store), thread_([this] { work(); }) {}

BatchWriter::~BatchWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (open_) store_.rollback();
}

Result<void> BatchWriter::state() const {
  if (error_) return fail(*error_);
  return {};
}

Result<void> BatchWriter::push(BatchPart part) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return error_ || queue_.size() < kWaiting; });
  if (!error_) queue_.push_back(std::move(part));
  changed_.notify_all();
  return state();
}

Result<void> BatchWriter::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return error_ || (queue_.empty() && !busy_); });
  return state();
}

void BatchWriter::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    const BatchPart part = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    changed_.notify_all();
    lock.unlock();
    const Result<void> written = write(part);
    lock.lock();
    busy_ = false;
    if (!written) {
      error_ = written.error();
      queue_.clear();
    }
    changed_.notify_all();
    if (error_) return;
  }
}

Result<void> BatchWriter::write(const BatchPart& part) {
  if (!open_) {
    TRY_VOID(store_.begin());
    open_ = true;
  }
  for (const BatchPart::NewFigures& figures : part.new_figures)
    TRY_VOID(store_.add_figures(figures.model, figures.figures, figures.first_position));
  for (const ImageRecord& record : part.records) TRY_VOID(store_.add(record));
  if (!part.last) return {};
  TRY_VOID(store_.commit(part.chunk, part.images, part.seconds));
  open_ = false;
  return {};
}

}  // namespace orderscope
