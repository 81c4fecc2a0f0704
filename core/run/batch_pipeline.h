// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/run/batch_measure.h"
#include "core/run/batch_reader.h"
#include "core/run/batch_store.h"
#include "core/run/batch_writer.h"

namespace orderscope {

/// A model of a run, with what it needs of the data set.
struct LoadedModel {
  std::shared_ptr<const Model> model;
  Preprocessing how;             ///< of a classifier
  DensePreprocessing dense_how;  ///< of a segmenter or detector
  std::size_t input = 0;         ///< which of the reader's preprocessings
  std::vector<int> places;       ///< classes of the model by label of the data set
};

/// The models' work on one chunk after the other, between threads that decode before it and one that writes behind it.
class BatchPipeline {
 public:
  /// `store` is written by a thread of the pipeline; `feed`, another handle of it, says what is to be done.
  BatchPipeline(BatchStore& store, BatchStore& feed, const BatchConfig& config, std::vector<LoadedModel> models);

  /// `folder`: where relative paths start from.
  Result<void> prepare(const std::filesystem::path& folder);
  /// Returns once the chunks are done, or after the one under way when the job is stopped.
  Result<void> run(const std::vector<std::int64_t>& chunks, std::int64_t before, std::int64_t total,
                   const JobContext& job);
  std::int64_t done() const { return done_; }
  /// What whoever started the run should be told: how far models of reduced precision are from float32.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Result<void> run_chunk(std::int64_t chunk, std::size_t count, const JobContext& job);
  ImageRecord broken(const LoadedImage& loaded) const;
  std::optional<int> label_of(const LoadedImage& loaded, std::size_t m) const;
  /// A batch that does not fit into memory is halved.
  Result<MeasuredBatch> measure(std::size_t m, std::span<const LoadedImage> images, const JobContext& job);
  /// Segmenters and detectors take one picture at a time, for each has its own size.
  Result<std::vector<StoredResult>> measure_whole(std::size_t m, std::span<const LoadedImage> images,
                                                  const JobContext& job);
  /// Compares a model of reduced precision with float32 on the first images that it sees.
  Result<void> note_precision_error(std::size_t m, const at::Tensor& images, const JobContext& job);
  Result<std::vector<ImageRecord>> look_at(std::span<const LoadedImage> batch, const JobContext& job);
  Result<void> push(std::int64_t chunk, std::vector<ImageRecord> records);
  void report(const JobContext& job) const;

  BatchStore& feed_;
  BatchConfig config_;
  std::vector<LoadedModel> models_;
  std::vector<BatchMeasure> measures_;
  int batch_ = 1;                     ///< images a pass
  std::vector<std::size_t> written_;  ///< figures of each model that are in the store, or on their way there
  std::unique_ptr<BatchReader> reader_;
  BatchWriter writer_;
  std::vector<std::string> notes_;
  std::set<std::size_t> compared_;  ///< models that notes_ speaks of
  std::int64_t before_ = 0, done_ = 0, total_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace orderscope
