// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/run/batch_query.h"

namespace orderscope {

enum class BatchFormat { Csv, Jsonl, Npz, Parquet };

/// Whether this program was built with Arrow C++.
bool has_parquet();

/// Writes what is finished, a row an image and model in the order of the images, whole or not at all:
/// - CSV: the path first, then what BatchRow holds, then every figure by its name; nothing where there is no value;
/// - JSON Lines: the same as an object a line, figures under "figures", regions (where kept) under "regions";
/// - NPZ: an array a column, and "figures" [rows, names] in float32 beside "figure_names";
/// - Parquet: as CSV, with types.
/// Returns the number of rows. Errors: FileAccess, Cancelled; Unsupported for Parquet without Arrow.
Result<std::int64_t> export_batch(const BatchQuery& query, BatchFormat format, const std::filesystem::path& path,
                                  const JobContext& job = {});

/// Writes a CSV file of a row a region or box (BatchQuery::regions). Returns their number. Errors: FileAccess,
/// Cancelled; InvalidInput where the store keeps none.
Result<std::int64_t> export_batch_regions(const BatchQuery& query, const std::filesystem::path& path,
                                          const JobContext& job = {});

/// One line of an export.
struct ExportRow {
  const BatchRow& row;
  std::string label_name, model_name, predicted_name;      ///< "" where there is none
  const std::vector<float>& figures;                       ///< in the order of BatchRows::figure_names
  const std::vector<std::string>& model_classes;           ///< their names; may be empty
  const std::optional<std::vector<BatchRegion>>& regions;  ///< where the store keeps them
};

/// The rows of a store one after the other, with their figures under one set of names for all models.
class BatchRows {
 public:
  explicit BatchRows(const BatchQuery& query) : query_(&query) {}  ///< without any rows
  static Result<BatchRows> make(const BatchQuery& query, const JobContext& job);

  std::int64_t size() const { return std::ssize(ids_); }
  const std::vector<std::string>& figure_names() const { return names_; }
  /// Calls `take` for every row; an error of it ends the loop. Progress in rows.
  Result<void> each(const std::function<Result<void>(const ExportRow&)>& take, const JobContext& job) const;

 private:
  const BatchQuery* query_;
  std::vector<std::int64_t> ids_;
  std::vector<std::string> names_;
  std::vector<std::vector<std::size_t>> places_;  ///< of each model's figures among the names
};

/// A file under a temporary name until it is whole.
class ExportFile {
 public:
  explicit ExportFile(std::filesystem::path path);
  ~ExportFile();  ///< removes what was not finished

  const std::filesystem::path& temporary() const { return temporary_; }
  /// Errors: FileAccess. Puts it in place.
  Result<void> finish();

 private:
  std::filesystem::path path_, temporary_;
  bool finished_ = false;
};

// The formats that have a file each.
Result<void> export_npz(const BatchRows& rows, const std::filesystem::path& path, const JobContext& job);
Result<void> export_parquet(const BatchRows& rows, const std::filesystem::path& path, const JobContext& job);

}  // namespace orderscope
