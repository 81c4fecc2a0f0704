// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/run/batch_sql.h"
#include "core/run/batch_store.h"

namespace orderscope {

/// The database of a store that is being written, with the statements that are used for every image.
struct BatchStore::State {
  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> database;
  std::unique_ptr<SQLite::Transaction> transaction;
  std::unique_ptr<SQLite::Statement> image, result, figures, agreement, map, region;
  std::int64_t models = 1;

  void prepare() {
    models = database->execAndGet("SELECT count(*) FROM model").getInt64();
    const auto statement = [&](const char* sql) { return std::make_unique<SQLite::Statement>(*database, sql); };
    image = statement(
        "UPDATE image SET state = ?, sha256 = ?, width = ?, height = ?, error = ?, disagreement = ?, predictions = ? "
        "WHERE id = ?");
    result = statement("INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    figures = statement("INSERT INTO figures VALUES (?, ?)");
    agreement = statement("INSERT INTO agreement VALUES (?, ?, ?, ?, ?, ?)");
    map = statement("INSERT INTO map VALUES (?, ?, ?, ?, ?, ?, ?)");
    if (has_batch_regions(*database)) region = statement("INSERT INTO region VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  }

  void add_result(std::int64_t image_id, const StoredResult& r);
  void add_regions(std::int64_t result_id, const std::vector<BatchRegion>& regions);
};

/// Binds nothing as NULL.
void bind_optional(SQLite::Statement& statement, int place, const std::optional<int>& value);

}  // namespace orderscope
