// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/run/batch_query.h"

namespace orderscope {

inline constexpr int kBatchApplication = 0x4f534252;  ///< "OSBR": PRAGMA application_id of a store

/// Runs database code and turns what it throws into an Error about this file: FileAccess where the disk is full or the
/// file cannot be read or written, Broken where it is damaged.
Result<void> guarded_sql(const std::filesystem::path& file, const std::function<void()>& code);

/// Opens a store and checks what it is. Errors: FileAccess, NotThisFormat, Unsupported, Broken.
Result<std::unique_ptr<SQLite::Database>> open_batch_store(const std::filesystem::path& file);
/// The same to read from, whatever the place allows: a full disk has no room for the index of the log that several
/// processes share, a read-only folder for none of SQLite's own files.
Result<std::unique_ptr<SQLite::Database>> open_batch_store_to_read(const std::filesystem::path& file);

/// Binds NaN as NULL.
inline void bind_number(SQLite::Statement& statement, int place, double value) {
  if (std::isnan(value)) {
    statement.bind(place);
  } else {
    statement.bind(place, value);
  }
}

std::vector<BatchModelInfo> read_batch_models(const SQLite::Database& database);
std::vector<std::string> read_batch_classes(const SQLite::Database& database);
std::vector<BatchFigure> read_batch_figures(const SQLite::Database& database, int model);
bool has_batch_regions(const SQLite::Database& database);  ///< whether there is the table of them
std::string read_batch_value(const SQLite::Database& database, const std::string& key);

}  // namespace orderscope
