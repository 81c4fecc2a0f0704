// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/map.h"
#include "core/run/batch_images.h"
#include "core/run/batch_query.h"

namespace orderscope {

/// The newest PRAGMA user_version of a store; docs/batch.md describes it. Stores without regions have 1.
inline constexpr int kBatchSchema = 2;
inline constexpr const char* kBatchStoreName = "store.sqlite";

/// A run's folder held for writing by this process, on this machine and (where the file system passes locks on) others.
class BatchLock {
 public:
  /// Makes the folder. Errors: FileAccess, also if another process holds it (says which).
  static Result<BatchLock> take(const std::filesystem::path& run);
  BatchLock(BatchLock&& other) noexcept;
  BatchLock& operator=(BatchLock&& other) noexcept;
  ~BatchLock();

 private:
  explicit BatchLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// An image as the store knows it.
struct StoredImage {
  std::int64_t id = 0;  ///< its place in the whole list, also in a shard
  std::string path;
  int label = -1;  ///< of the data set
};

/// What a model made of an image.
struct StoredResult {
  int model = 0;
  std::optional<int> label, predicted, label_rank;
  double confidence = std::numeric_limits<double>::quiet_NaN(), label_probability = confidence, loss = confidence,
         entropy = confidence;
  std::vector<float> figures;                                 ///< by position, NaN where there is none
  std::vector<std::pair<std::string, orderscope::Map>> maps;  ///< by name
  std::vector<BatchRegion> regions;                           ///< of a segmenter or detector, the first one explained
  std::string note;
};

struct StoredAgreement {
  int model_a = 0, model_b = 0;
  bool same_top1 = false;
  double js_divergence = 0, rank_correlation = 0;
};

/// Everything that is known of one image once all models have seen it.
struct ImageRecord {
  std::int64_t id = 0;
  std::string sha256;
  int width = 0, height = 0;
  std::string error;  ///< why it is broken; there are no results then
  std::vector<StoredResult> results;
  std::vector<StoredAgreement> agreements;
  int predictions = 0;  ///< different classes named
};

/// The SQLite file of a run, for its one writer. Throws nothing; every function may fail with FileAccess: the disk is
/// full, the file is gone. What was committed stays readable.
class BatchStore {
 public:
  struct Start {
    std::string config;                         ///< batch_config_json
    std::map<std::string, std::string> values;  ///< of the table run
    std::vector<BatchModelInfo> models;
    std::vector<std::string> classes;
    std::vector<ListedImage> images;
    std::vector<std::int64_t> ids;  ///< of the images; empty: 0, 1, 2 ...
    int chunk = 64;
    bool regions = false;  ///< whether a segmenter or detector takes part
  };
  /// A new store in the folder, in one transaction.
  static Result<BatchStore> create(const std::filesystem::path& run, const Start& start);
  /// Errors: also NotThisFormat, Unsupported (made by a newer program).
  static Result<BatchStore> open(const std::filesystem::path& run);
  /// Whether a store was begun here: one that a kill cut off while it was being made does not count.
  static bool exists(const std::filesystem::path& run);

  BatchStore(BatchStore&&) noexcept;
  BatchStore& operator=(BatchStore&&) noexcept;
  ~BatchStore();

  Result<std::string> value(const std::string& key) const;  ///< "" if there is none
  Result<void> set_value(const std::string& key, const std::string& value);
  Result<bool> keeps_regions() const;
  Result<std::vector<BatchModelInfo>> models() const;
  Result<std::vector<std::string>> classes() const;
  Result<std::vector<BatchFigure>> figures(int model) const;
  Result<std::vector<std::int64_t>> pending_chunks() const;
  Result<std::vector<StoredImage>> images_of(std::int64_t chunk) const;          ///< those that are not done
  Result<std::vector<std::pair<std::int64_t, ListedImage>>> all_images() const;  ///< with their ids

  /// All of a chunk or nothing of it. `records` may come in parts: between `begin` and `commit`.
  Result<void> begin();
  Result<void> add_figures(int model, const std::vector<BatchFigure>& figures, std::size_t first_position);
  Result<void> add(const ImageRecord& record);
  Result<void> commit(std::int64_t chunk, std::int64_t images, double seconds);
  void rollback();

  /// Takes over everything of a finished store of a shard, images, results and maps. Within begin and commit_merge.
  Result<void> take_over(const std::filesystem::path& shard);
  Result<void> commit_merge(double seconds, std::int64_t images);
  /// Moves everything from the log into the store's one file.
  Result<void> finish_log();

 private:
  struct State;
  explicit BatchStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
